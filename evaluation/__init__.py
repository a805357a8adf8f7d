"""What a number means: cases, candidates, providers, metrics, statistics, reports, the store."""

__version__ = "0.1.0"
