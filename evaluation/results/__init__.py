"""Results of evaluations, comparisons, sweeps and races: frozen dataclasses, the input of every display."""
