"""What all requests have in common: numbers and addresses are written plainly, and a refusal names the field."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from difflib import get_close_matches
from pathlib import Path
from typing import Annotated, Any, Self, TypeVar, get_args

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ValidationError,
    ValidationInfo,
    WithJsonSchema,
    field_validator,
)
from pydantic_core import PydanticCustomError

from evaluation.errors import ConfigurationError

RequestT = TypeVar("RequestT", bound="RequestModel")
ItemT = TypeVar("ItemT")
COMMAND_LINE = "the command line"


class RequestModel(BaseModel):
    """Base model that reads `10` as a number and refuses `1_0`, which pydantic and Python read as 10."""

    @field_validator("*", mode="before")
    @classmethod
    def _numbers_are_written_plainly(cls, value: Any, info: ValidationInfo) -> Any:
        if isinstance(value, str) and "_" in value and info.field_name is not None:
            kinds = _kinds(cls.model_fields[info.field_name].annotation)
            if str not in kinds and (int in kinds or float in kinds):
                kind = "float" if float in kinds else "int"
                raise PydanticCustomError(f"{kind}_parsing", "must be a number without underscores")
        return value

    def with_whole_paths(self, folder: Path | None = None) -> Self:
        """Return the request with absolute paths; unchanged if it names no files.

        Args:
            folder: The folder that relative paths are relative to; None: the working directory.
        """
        return self

    def refuse_impossible(self) -> None:
        """Refuse what cannot be done whichever servers there are, before anything is read or asked.

        Within `files_elsewhere` what its files say is left out.

        Raises:
            ConfigurationError: names what is wrong, and the next step.
        """


def _kinds(annotation: Any) -> set[Any]:
    return {annotation, *get_args(annotation)}


def _as_list(value: Any) -> Any:
    return [value] if isinstance(value, str) else value


def _different_names(value: list[str]) -> list[str]:
    if not all(word.strip() for word in value):
        raise ValueError("an empty name, for example from an unset shell variable")
    return list(dict.fromkeys(value))


OneOrMore = Annotated[list[ItemT], BeforeValidator(_as_list)]
"""A list; a single text is a list of one."""
Names = Annotated[list[str], BeforeValidator(_as_list), AfterValidator(_different_names)]
"""Names, each once and none empty."""
WHERE_KEYS_BELONG = (
    "No user, password or key in an address: keep it in a variable (`endpoints add --key-variable`) or a pool's block."
)
"""Shown in a form's help, instead of the pattern that was not met."""
_NO_AT = "[^@?#]*"
_NO_URL_BEFORE_AT = "(?!.*://.*@)"
_NO_USER_OF_A_MODEL = r"""(?![\s\S]*@https?://[^/\s'"]*@)"""
ServerText = Annotated[str, WithJsonSchema({"type": "string", "pattern": f"^{_NO_AT}$"})]
"""The name of an endpoint, an address, or `pool:NAME`."""
ModelText = Annotated[str, WithJsonSchema({"type": "string", "pattern": f"^{_NO_URL_BEFORE_AT}[^@]*(@{_NO_AT})?$"})]
"""`MODEL` or `MODEL@ENDPOINT`."""
MetricText = Annotated[str, WithJsonSchema({"type": "string", "pattern": f"^{_NO_USER_OF_A_MODEL}"})]
"""A metric with its options, including the model that it uses."""
HELP = "`benchwright evaluate --help` lists the options."
NO_BENCHMARK = "no benchmark: give at least one with --benchmark (or `benchmarks` in the file)"
OPTION_OF: Mapping[str, str] = {
    "benchmarks": "--benchmark",
    "fields": "--field",
    "ignore_fields": "--ignore-field",
    "models": "--model",
    "candidates": "--candidate",
    "options": "--option",
    "endpoints": "--endpoint",
    "metrics": "--metric",
    "judges": "--judge",
    "timeout_s": "--timeout",
    "case_timeout_s": "--case-timeout",
}
"""Command-line options whose names differ from their fields."""
WORDS: Mapping[str, Callable[[Mapping[str, Any]], str]] = {
    "greater_than": lambda limits: f"must be more than {limits['gt']:g}",
    "greater_than_equal": lambda limits: f"must be at least {limits['ge']}",
    "less_than": lambda limits: f"must be less than {limits['lt']:g}",
    "less_than_equal": lambda limits: f"must be at most {limits['le']}",
    "int_type": lambda _: "must be a whole number",
    "int_parsing": lambda _: "must be a whole number",
    "int_parsing_size": lambda _: "must be a whole number of fewer digits",
    "int_from_float": lambda _: "must be a whole number",
    "float_type": lambda _: "must be a number",
    "float_parsing": lambda _: "must be a number",
    "bool_type": lambda _: "must be true or false",
    "bool_parsing": lambda _: "must be true or false",
    "string_type": lambda _: "must be text",
    "list_type": lambda _: "must be a list",
    "dict_type": lambda _: "must be an object of names and values",
    "model_attributes_type": lambda _: "must be an object of names and values",
    "model_type": lambda _: "must be an object of names and values",
    "literal_error": lambda limits: f"must be {limits['expected']}",
    "enum": lambda limits: f"must be {limits['expected']}",
    "string_too_long": lambda limits: f"must have at most {limits['max_length']:,} characters",
    "string_too_short": lambda limits: f"must have at least {limits['min_length']:,} characters",
    "too_long": lambda limits: f"must have at most {limits['max_length']:,} entries",
    "too_short": lambda limits: f"must have at least {limits['min_length']:,} entries",
}
"""Messages for pydantic's types of error."""


def refusal(error: ValidationError, field_names: Iterable[str], *, source: str) -> ConfigurationError:
    """Return one error for everything that is wrong, which names each field, its value and what is allowed.

    Args:
        error: What pydantic found.
        field_names: All known fields.
        source: Where the request was written.
    """
    problems = error.errors(include_url=False)
    unknown = [str(item["loc"][-1]) for item in problems if item["type"] == "extra_forbidden"]
    wrong = [item for item in problems if item["type"] != "extra_forbidden"]
    sentences = [_problem_of(item) for item in wrong] + (
        [_unknown_keys(unknown, tuple(field_names))] if unknown else []
    )
    step = _next_step(wrong)
    return ConfigurationError(f"{source}: " + "; ".join(sentences), f"{_removal(unknown)}{step}")


def checked_request(
    kind: type[RequestT], fields: Mapping[str, Any], *, source: str = COMMAND_LINE, about: str | None = None
) -> RequestT:
    """Return the validated request of this kind, with absolute paths.

    Args:
        kind: Class of the request.
        fields: Fields of the request, by name.
        source: Where the request was written.
        about: The next step of a refusal; None: what follows from the fields that are wrong.

    Raises:
        ConfigurationError: names each field, its value and what is allowed.
    """
    try:
        request = kind.model_validate(dict(fields))
    except ValidationError as error:
        refused = refusal(error, kind.model_fields, source=source)
        raise ConfigurationError(refused.message, refused.next_step if about is None else about) from None
    return request.with_whole_paths()


def file_step(error: ValidationError, *, outer: type[BaseModel], inner: type[BaseModel], example: str) -> str:
    """Return the next step for a settings file: what to remove where it has unknown keys, then an example.

    Args:
        error: What pydantic found.
        outer: The file's own keys.
        inner: The keys of the mappings in it.
        example: A valid file.
    """
    unknown = [item["loc"] for item in error.errors() if item["type"] == "extra_forbidden"]
    if not unknown:
        return example
    kinds = [kind for kind in (outer, inner) if any((len(place) == 1) == (kind is outer) for place in unknown)]
    known_keys = tuple(dict.fromkeys(name for kind in kinds for name in kind.model_fields))
    keys = tuple(dict.fromkeys(str(place[-1]) for place in unknown))
    close = [match for key in keys for match in get_close_matches(key, known_keys, n=1)]
    meant = f", or write {' and '.join(map(repr, dict.fromkeys(close)))} if that is what you mean" if close else ""
    return f"Remove {', '.join(repr(key[:60]) for key in keys)}{meant}; known keys: {', '.join(known_keys)}. {example}"


def _problem_of(item: Any) -> str:
    field = ".".join(str(part) for part in item["loc"])
    if field == "benchmarks" and item["type"] in ("missing", "too_short"):
        return NO_BENCHMARK
    if not field:
        return str(item["msg"]).removeprefix("Value error, ")
    if item["type"] == "value_error":
        return f"{field}: {str(item['msg']).removeprefix('Value error, ')} (got {item['input']!r})"
    return f"{field} {invalid_value_words(item)} (got {item['input']!r})"


def invalid_value_words(item: Any) -> str:
    """Return what is allowed in place of a value that pydantic found invalid, to follow the field's name."""
    words = WORDS.get(item["type"])
    if words is not None:
        return words(item.get("ctx", {}))
    if item["type"] == "value_error":
        return f"is invalid: {str(item['msg']).removeprefix('Value error, ')}"
    return f"is invalid: {item['msg']}"


def _unknown_keys(keys: Sequence[str], known_keys: Sequence[str]) -> str:
    """Return all unknown keys in one sentence, each with a similar known key where there is one."""
    named = []
    for key in keys:
        close = get_close_matches(key, known_keys, n=1)
        named.append(f"{key!r}" + (f" (did you mean {close[0]!r}?)" if close else ""))
    return f"unknown key{'s' if len(keys) > 1 else ''} {', '.join(named)}; known: {', '.join(known_keys)}"


def _removal(unknown: Sequence[str]) -> str:
    return f"Remove {', '.join(repr(key[:60]) for key in unknown)}, or correct its name. " if unknown else ""


def _next_step(wrong: Sequence[Any]) -> str:
    fields = dict.fromkeys(str(item["loc"][0]) for item in wrong if item["loc"] and item["type"] != "missing")
    options = [OPTION_OF.get(field, f"--{field.replace('_', '-')}") for field in fields]
    return f"Correct {', '.join(options)}: {HELP}" if options else HELP
