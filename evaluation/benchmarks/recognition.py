"""Which format are these rows in? Says what was found and what would be recognised where none fits."""

from pathlib import Path

from evaluation.benchmarks.formats import FORMATS
from evaluation.benchmarks.formats.format import Format
from evaluation.benchmarks.formats.plain import Plain
from evaluation.benchmarks.rows import Row
from evaluation.benchmarks.usual_names import PROMPT_NAMES, REFERENCE_NAMES
from evaluation.errors import BenchmarkError
from evaluation.files.field_mapping import named_fields

PERHAPS_PROMPTS = ("text", "sentence", "content", "body", "message", "title")
"""Names that may as well be something else, so that they are proposed and never taken."""


def recognised(row: Row) -> Format | None:
    """Return the format of a row, or None."""
    if row.knows("references") and (row.knows("prompt") or row.knows("messages")):
        return Plain()
    return next((format_type() for format_type in FORMATS.values() if format_type().recognises(row)), None)


def check_same(row: Row, used: Format) -> None:
    """Raise `BenchmarkError` where the row is in another format than the rows before it."""
    form = recognised(row)
    if form is not None and form.name != used.name:
        raise row.error(
            f"looks like {form.title}, the rows before it like {used.title}",
            expected=f"one format in a file: {', '.join(used.fields)}",
            next_step="put the cases of each format into a file of their own",
        )


def unknown_format(row: Row) -> BenchmarkError:
    """Return the complaint that no format has these fields, with a mapping that might do."""
    prompt = _first((*PROMPT_NAMES, *PERHAPS_PROMPTS), row) or "QUESTION_FIELD"
    references = _first(REFERENCE_NAMES, row) or "ANSWER_FIELD"
    return row.error(
        f"no known format has the fields {named_fields(list(row.values)) or '(none)'}",
        expected=f"those of {', '.join(format_type.title for format_type in FORMATS.values())}",
        next_step=f"say which is which: `--field prompt={prompt} --field references={references}`, or in a small YAML "
        f"file beside it, 'data: {Path(row.path).name}' and 'fields: {{prompt: {prompt}, references: {references}}}'; "
        "docs/benchmarks.md lists the fields of each format",
    )


def _first(names: tuple[str, ...], row: Row) -> str | None:
    return next((name for alike in names for name in row.values if name.strip().casefold() == alike), None)
