"""Candidates as files for other programs, and read back: YAML, Python, JSON, bodies of requests, Modelfiles."""
