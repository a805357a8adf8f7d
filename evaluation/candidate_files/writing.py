"""The formats in which a candidate can be written whole, by name."""

from collections.abc import Callable, Mapping

from evaluation.candidate_files.configuration import CandidateExport
from evaluation.candidate_files.python_file import as_python
from evaluation.candidate_files.request_body import as_request_body
from evaluation.candidate_files.yaml_file import as_yaml

WRITERS: Mapping[str, Callable[[CandidateExport], str]] = {
    "yaml": as_yaml,
    "python": as_python,
    "openai": as_request_body,
}
"""Formats from which the same candidate is read back."""
