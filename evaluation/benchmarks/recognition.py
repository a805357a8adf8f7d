"""Which format are these rows in? Says what was found and what would be recognised where none fits."""

from pathlib import Path

from evaluation.benchmarks.formats import FORMATS
from evaluation.benchmarks.formats.format import Format
from evaluation.benchmarks.formats.plain import Plain
from evaluation.benchmarks.rows import Row
from evaluation.errors import BenchmarkError

PROMPT_LIKE = ("question", "query", "input", "instruction", "problem", "text", "sentence")
REFERENCE_LIKE = ("answer", "answers", "output", "target", "response", "solution", "completion", "reference", "label")


def recognised(row: Row) -> Format | None:
    """The format of a row, or None."""
    if row.knows("references") and (row.knows("prompt") or row.knows("messages")):
        return Plain()
    return next((known() for known in FORMATS.values() if known().recognises(row)), None)


def check_same(row: Row, used: Format) -> None:
    """Raises `BenchmarkError` where the row is in another format than the rows before it."""
    found = recognised(row)
    if found is not None and found.name != used.name:
        raise row.error(
            f"looks like {found.title}, the rows before it like {used.title}",
            expected=f"one format in a file: {', '.join(used.fields)}",
            next_step="put the cases of each format into a file of their own",
        )


def unknown_format(row: Row) -> BenchmarkError:
    """The complaint that no format has these fields, with a mapping that might do."""
    prompt = _first(PROMPT_LIKE, row) or "<the field with the question>"
    references = _first(REFERENCE_LIKE, row) or "<the field with the answer>"
    return row.error(
        f"no known format has the fields {', '.join(row.values) or '(none)'}",
        expected=f"those of {', '.join(_named(known, row) for known in FORMATS.values())}",
        next_step=f"map the fields, as in prompt={prompt} references={references}: under 'fields' in the header, "
        f"or in a small YAML file beside it with 'data: {Path(row.path).name}' and 'fields:'; "
        "docs/benchmarks.md lists their fields",
    )


def _named(known: type[Format], row: Row) -> str:
    """The format's name, with what its rows must have besides where a row has its fields and is yet no such row."""
    is_near = bool(known.remark) and row.knows(*known.fields)
    return f"{known.title} ({', '.join(known.fields)}{known.remark})" if is_near else known.title


def _first(names: tuple[str, ...], row: Row) -> str | None:
    return next((name for name in names if row.knows(name)), None)
