"""Mutants are tried with this folder's conftest alone."""

import steady_examples  # noqa: F401 - loads Hypothesis's profile
