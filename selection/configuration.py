"""Export of a candidate for other programs: as an Ollama Modelfile, as JSON, as environment variables."""

import re
import shlex
import unicodedata
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from evaluation.errors import ConfigurationError
from evaluation.escaping import as_json, for_terminal, one_line
from evaluation.options import MODELS_OWN, OPTIONS
from evaluation.providers import PROVIDERS
from evaluation.records.evidence import Choosable, Place
from evaluation.results.as_json import json_key

Form = Literal["modelfile", "json", "env"]

PLAIN_TEMPLATE = "{prompt}"
_MODEL_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:@-]*(/[A-Za-z0-9][A-Za-z0-9._:@-]*)*")


@dataclass(frozen=True, slots=True, kw_only=True)
class Configuration:
    """Everything needed to call a candidate, as JSON has it."""

    label: str = field(metadata=json_key("candidate"))
    key: str = field(metadata=json_key("fingerprint"))
    model: str
    digest: str | None
    options: Mapping[str, object]
    think: object
    profile: str
    system: str | None
    template: str
    places: tuple[Place, ...] = field(metadata=json_key("endpoints"))
    capabilities: frozenset[str]
    n_parameters: int | None
    memory_bytes: float | None
    not_ready: str | None


def configuration_of(candidate: Choosable) -> Configuration:
    """Return everything needed to call the candidate."""
    return Configuration(
        label=candidate.label,
        key=candidate.key,
        model=candidate.model,
        digest=candidate.digest,
        options=candidate.options,
        think=candidate.think,
        profile=candidate.profile,
        system=candidate.system,
        template=candidate.template,
        places=candidate.places,
        capabilities=candidate.capabilities,
        n_parameters=candidate.n_parameters,
        memory_bytes=candidate.memory_bytes,
        not_ready=candidate.not_ready,
    )


def written_as(candidate: Choosable, form: Form) -> str:
    """Return the candidate in that format, ending with a newline.

    Raises:
        ConfigurationError: it cannot be written in that format.
    """
    writers: Mapping[Form, Callable[[Choosable], str]] = {
        "modelfile": as_modelfile,
        "json": lambda choosable: as_json(configuration_of(choosable)) + "\n",
        "env": as_environment,
    }
    return writers[form](candidate)


def as_environment(candidate: Choosable) -> str:
    """Return lines `export LLM_…=…` for a shell, with any values quoted safely."""
    place = next((place for place in candidate.places if place.url is not None), None)
    values = {
        "LLM_MODEL": candidate.model,
        "LLM_DIGEST": candidate.digest,
        "LLM_ENDPOINT": place.url if place else None,
        "LLM_PROVIDER": place.provider if place else None,
        "LLM_OPTIONS": _on_one_line(dict(candidate.options)) if candidate.options else None,
        "LLM_THINK": None if candidate.think is None else str(candidate.think).lower(),
        "LLM_SYSTEM": candidate.system,
        "LLM_TEMPLATE": None if candidate.template == PLAIN_TEMPLATE else candidate.template,
    }
    return "".join(f"export {name}={_shell_word(value)}\n" for name, value in values.items() if value is not None)


def _on_one_line(value: Mapping[str, Any]) -> str:
    return " ".join(line.strip() for line in as_json(value).split("\n"))


def _shell_word(text: str) -> str:
    r"""Return `text` as one word of a shell; as `$'\033…'` where it holds what a terminal would obey."""
    text = text.encode("utf-8", "replace").decode().replace("\0", "")
    if text == for_terminal(text):
        return shlex.quote(text)
    written = "".join(
        f"\\{byte:03o}" if not 32 <= byte < 127 or byte in b"'\\" else chr(byte) for byte in text.encode()
    )
    return f"$'{written}'"


def as_modelfile(candidate: Choosable) -> str:
    """Return a Modelfile for `ollama create NAME -f FILE`.

    A Modelfile knows no way to escape a quotation mark: a value ends where a line ends with the quotes it began with,
    and characters that cannot be seen are dropped first. What no Modelfile can hold is left out and said in a comment.

    Raises:
        ConfigurationError: it is not a model of an Ollama server.
    """
    _must_be_ollamas(candidate)
    lines = [_comment(f"{candidate.label}: written by Benchwright")]
    if candidate.digest:
        lines.append(_comment(f"measured with the weights {candidate.digest}"))
    lines.append(f"FROM {candidate.model}")
    lines += _parameters(candidate.options)
    lines += _system(candidate.system)
    if candidate.template != PLAIN_TEMPLATE:
        lines.append(
            _comment(f"ask with this prompt template (Benchwright's, not Ollama's TEMPLATE): {candidate.template}")
        )
    if candidate.think is not None:
        lines.append(_comment(f"ask with think={str(candidate.think).lower()}, which is set with each request"))
    return "\n".join(lines) + "\n"


def _must_be_ollamas(candidate: Choosable) -> None:
    step = "Use the format json or env."
    if candidate.is_program:
        raise ConfigurationError(
            f"{candidate.label!r} is a program, not a model that Ollama can load",
            "Use Constraints(models_only=True), which gives the best model, or the format json or env.",
        )
    if not _MODEL_NAME.fullmatch(candidate.model):
        raise ConfigurationError(f"{candidate.model!r} is not a model name for Ollama", step)
    providers = {place.provider for place in candidate.places}
    if providers and not any(name in PROVIDERS and PROVIDERS[name].takes_modelfiles for name in providers):
        raise ConfigurationError(
            f"{candidate.label!r} is served by {', '.join(sorted(providers))}, not by Ollama", step
        )


def _parameters(options: Mapping[str, Any]) -> Iterator[str]:
    for name, value in options.items():
        if name not in OPTIONS or value is None or value == MODELS_OWN:
            continue
        if name != "stop":
            yield f"PARAMETER {name} {_as_word(OPTIONS[name].read(name, value))}"
            continue
        words = OPTIONS[name].read(name, value)
        if words:
            yield _comment("these stop words replace the model's own; add those that it needs")
        for word in words:
            written = _held(word)
            if written == word:
                yield f"PARAMETER stop {_quoted(word)}"
            else:
                yield _comment(f"a Modelfile cannot hold the stop word {_on_one_line({'stop': word})}")


def _as_word(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else f"{value:g}" if isinstance(value, float) else str(value)


def _system(text: str | None) -> Iterator[str]:
    if not text:
        return
    written = _held(text)
    if written != text:
        yield _comment(
            "the system prompt differs slightly from the measured one: a Modelfile cannot hold every character of it"
        )
        yield _comment("(invisible ones, triple quotes at the end of a line); the format json holds them all")
    yield f"SYSTEM {_quoted(written)}"


def _quoted(text: str) -> str:
    return f'"""{text}"""'


def _held(text: str) -> str:
    """Return `text` in the form that a Modelfile can hold, unchanged where possible."""
    plain = re.sub(r"\r\n?", "\n", text)
    *lines, last = "".join(map(_as_seen, plain)).split("\n")
    return "\n".join([*map(_without_closing_quotes, lines), last])


def _as_seen(letter: str) -> str:
    if letter.isprintable() or letter in "\n\t":
        return letter
    return " " if letter.isspace() else ""


def _without_closing_quotes(line: str) -> str:
    """Return the line such that no server takes its end for the end of the value."""
    bare = "".join(letter for letter in line if not _may_be_dropped(letter)).rstrip()
    if not bare.endswith('"""'):
        return line
    n_quotes = len(bare) - len(bare.rstrip('"'))
    before, *after = line.rsplit('"', n_quotes)
    return "'".join((before, *after))


def _may_be_dropped(letter: str) -> bool:
    """Return True for letters so new that a server may not know them, and drop them like invisible ones."""
    return unicodedata.ucd_3_2_0.category(letter) == "Cn"


def _comment(text: str) -> str:
    return f"# {one_line(text)}"
