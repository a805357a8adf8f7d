"""Grading of a sample of the calls in production by a judge."""
