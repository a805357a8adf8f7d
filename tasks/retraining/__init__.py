"""The steps of retraining the selection, one a file."""
