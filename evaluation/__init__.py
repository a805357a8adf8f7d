"""What a number means: cases, candidates, providers, metrics, statistics, reports, the store."""

import time

__version__ = "0.1.0"
LOADED_AT = time.time()
"""When this process began to load this code."""
