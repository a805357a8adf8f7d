"""Suites written by a model from a corpus: what it is asked, how its drafts are checked, and what becomes a case."""
