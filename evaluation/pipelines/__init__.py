"""Pipelines: ways of answering a case with several requests."""
