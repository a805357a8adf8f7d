"""The header of a benchmark file: name, prompt, options and metrics, validated once when the file is read."""

from collections.abc import Mapping
from difflib import get_close_matches
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, StrictStr, StringConstraints, ValidationError

from evaluation.benchmarks.rows import plain_json, shown
from evaluation.errors import BenchmarkError, ConfigurationError, UnknownNameError
from evaluation.formatting import excerpt
from evaluation.metric_specs import names_a_file
from evaluation.options import read_options

EXPECTED = {
    "string_type": "text",
    "string_too_short": "text that is not empty",
    "tuple_type": "a list",
    "dict_type": "an object",
    "model_type": "an object",
}
"""Messages for pydantic's types of error."""
Text = Annotated[StrictStr, StringConstraints(min_length=1)]


class HeaderPrompt(BaseModel):
    """The benchmark's wording around each case."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    system: Text | None = None
    template: Text | None = None


class Header(BaseModel):
    """The keys of a header. Unset keys are taken from the recognised format."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: Text | None = None
    task_type: Text | None = None
    prompt: HeaderPrompt = HeaderPrompt()
    options: dict[StrictStr, Any] = {}
    metrics: tuple[Text, ...] | None = None
    headline: Text | None = None
    criteria: StrictStr = ""
    description: StrictStr = ""
    licence: StrictStr = ""
    fields: dict[StrictStr, Text] | None = None
    """The file's field names by our field names."""
    ignore_fields: tuple[Text, ...] = ()
    """Fields of the file to ignore."""

    def over(self, other: "Header") -> "Header":
        """Return this header, with unset values taken from `other`."""
        mine = {key: getattr(self, key) for key in self.model_fields_set}
        mine["prompt"] = other.prompt.model_copy(update=self.prompt.model_dump(exclude_unset=True))
        return other.model_copy(update=mine)


def header_of(values: Any, *, path: str, line: int | None = None) -> Header:
    """Parse the header from `values`.

    Raises:
        BenchmarkError: names the first wrong key, its value and what was expected.
    """
    if not isinstance(values, Mapping):
        raise BenchmarkError(path, f"got {shown(values)}", line=line, field="benchmark", expected="an object of keys")
    try:
        header = Header.model_validate(values)
    except ValidationError as error:
        raise _translated(error, path, line) from error
    _check(header, path, line)
    return header


def _check(header: Header, path: str, line: int | None) -> None:
    template = header.prompt.template
    if template is not None and "{prompt}" not in template and "{context}" not in template:
        raise BenchmarkError(
            path,
            f"the template {excerpt(template, 60)!r} has no placeholder, so every case would get the same prompt",
            line=line,
            field="prompt.template",
            expected="a text with {prompt} or {context}",
        )
    if header.metrics == ():
        raise BenchmarkError(path, "names no metric", line=line, field="metrics", expected="at least one metric name")
    for metric in header.metrics or ():
        if names_a_file(metric):
            raise _code_in_data(metric, path, line)
    try:
        plain_json(header.options)
    except TypeError as error:
        raise BenchmarkError(path, str(error), line=line, field="options", expected="plain JSON values") from error
    try:
        read_options(header.options)
    except (UnknownNameError, ConfigurationError) as error:
        raise BenchmarkError(path, f"holds a wrong option: {error}", line=line, field="options") from error


def _code_in_data(metric: str, path: str, line: int | None) -> BenchmarkError:
    return BenchmarkError(
        path,
        f"names {excerpt(metric, 60)!r}, which is a Python file; a benchmark may not load code",
        line=line,
        field="metrics",
        expected="names of metrics that Benchwright or an installed package has",
        next_step="Take it out, and give it with --metric path.py:Name where you trust that file",
    )


def _translated(error: ValidationError, path: str, line: int | None) -> BenchmarkError:
    problems = error.errors(include_url=False)
    first = problems[0]
    place = ".".join(str(part) for part in first["loc"])
    more = f" (and {len(problems) - 1} more)" if len(problems) > 1 else ""
    if first["type"] == "extra_forbidden":
        return _unknown_key(place, more, path, line)
    expected = EXPECTED.get(first["type"], first["msg"])
    return BenchmarkError(path, f"got {shown(first['input'])}{more}", line=line, field=place, expected=expected)


def _unknown_key(place: str, more: str, path: str, line: int | None) -> BenchmarkError:
    model = HeaderPrompt if place.startswith("prompt.") else Header
    keys = list(model.model_fields)
    close = get_close_matches(place.rpartition(".")[2], keys, n=1)
    return BenchmarkError(
        path,
        f"unknown key in the header{more}",
        line=line,
        field=place,
        expected=f"one of {', '.join(keys)}",
        next_step=f"Did you mean {close[0]!r}?" if close else "Remove it, or put it into the cases' details",
    )
