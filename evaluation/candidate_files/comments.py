"""Evidence as comments: one line each, whatever models and users wrote."""

from collections.abc import Iterator

from evaluation.candidate_files.configuration import CandidateExport
from evaluation.escaping import one_line
from evaluation.version import code_version

_JOINERS = "\u200c\u200d"


def in_one_line(text: str) -> str:
    """Return the text as one line that every reader of YAML, Python and Modelfiles takes."""
    return "".join(letter if letter.isprintable() or letter in _JOINERS else "\ufffd" for letter in one_line(text))


def comment_lines(export: CandidateExport) -> Iterator[str]:
    """Yield the lines at the top of a file: what it is, and what was measured."""
    yield comment(f"{export.label}: written by Benchwright {code_version()}")
    for name, text in export.evidence.items():
        yield comment(f"{name}: {text}")


def comment(text: str) -> str:
    """Return the text as a comment of one line."""
    return f"# {in_one_line(text)}".rstrip()
