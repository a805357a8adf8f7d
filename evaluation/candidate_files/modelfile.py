"""A candidate as an Ollama Modelfile, with what no Modelfile can hold left out and said in a comment."""

import re
import unicodedata
from collections.abc import Collection, Iterator, Mapping
from typing import Any

from evaluation.candidate import PLAIN_PROFILE, PromptProfile
from evaluation.candidate_files.comments import comment, comment_lines
from evaluation.candidate_files.configuration import CandidateExport
from evaluation.errors import ConfigurationError
from evaluation.escaping import as_json
from evaluation.options import MODELS_OWN, OPTIONS
from evaluation.providers import PROVIDERS
from evaluation.records.evidence import PROGRAMS

_MODEL_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:@-]*(/[A-Za-z0-9][A-Za-z0-9._:@-]*)*")


def as_modelfile(export: CandidateExport, *, providers: Collection[str]) -> str:
    """Return a Modelfile for `ollama create NAME -f FILE`.

    A Modelfile knows no way to escape a quotation mark: a value ends where a line ends with the quotes it began with,
    and characters that cannot be seen are dropped first.

    Args:
        export: The candidate.
        providers: Protocols of the servers that have it.

    Raises:
        ConfigurationError: it is not a single model of an Ollama server.
    """
    configuration, profile = export.configuration, export.configuration.profile
    _must_be_ollamas(export, providers)
    lines = list(comment_lines(export))
    if configuration.digest:
        lines.append(comment(f"measured with the weights {configuration.digest}"))
    lines.append(f"FROM {configuration.model}")
    lines += _parameters(configuration.options)
    lines += _system(profile.system)
    lines += _examples(profile)
    if profile.template != PLAIN_PROFILE.template:
        lines.append(
            comment(f"ask with this prompt template (Benchwright's, not Ollama's TEMPLATE): {profile.template}")
        )
    if configuration.think is not None:
        lines.append(comment(f"ask with think={str(configuration.think).lower()}, which is set with each request"))
    return "\n".join(lines) + "\n"


def _must_be_ollamas(export: CandidateExport, providers: Collection[str]) -> None:
    step = "Use the format yaml, json or env."
    configuration = export.configuration
    if configuration.pipeline is not None:
        raise ConfigurationError(
            f"{export.label!r} asks by the pipeline {configuration.pipeline!r}: no Modelfile holds that",
            "Use the format yaml or python.",
        )
    if configuration.model.startswith(PROGRAMS):
        raise ConfigurationError(
            f"{export.label!r} is a program, not a model that Ollama can load",
            "Use Constraints(models_only=True), which gives the best model, or the format yaml, json or env.",
        )
    if not _MODEL_NAME.fullmatch(configuration.model):
        raise ConfigurationError(f"{configuration.model!r} is not a model name for Ollama", step)
    if providers and not any(name in PROVIDERS and PROVIDERS[name].takes_modelfiles for name in providers):
        raise ConfigurationError(f"{export.label!r} is served by {', '.join(sorted(providers))}, not by Ollama", step)


def _parameters(options: Mapping[str, Any]) -> Iterator[str]:
    for name, value in options.items():
        if name not in OPTIONS or value is None or value == MODELS_OWN:
            continue
        if name != "stop":
            yield f"PARAMETER {name} {_as_word(OPTIONS[name].read(name, value))}"
            continue
        words = OPTIONS[name].read(name, value)
        if words:
            yield comment("these stop words replace the model's own; add those that it needs")
        for word in words:
            written = _held(word)
            if written == word:
                yield f"PARAMETER stop {_quoted(word)}"
            else:
                yield comment(f"a Modelfile cannot hold the stop word {_on_one_line({'stop': word})}")


def _on_one_line(value: Mapping[str, Any]) -> str:
    return " ".join(line.strip() for line in as_json(value).split("\n"))


def _as_word(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else _number(value) if isinstance(value, float) else str(value)


def _number(value: float) -> str:
    """Return a number in full: no digit that was measured with is lost."""
    return f"{value:g}" if float(f"{value:g}") == value else repr(value)


def _system(text: str | None) -> Iterator[str]:
    if not text:
        return
    written = _held(text)
    if written != text:
        yield comment(
            "the system prompt differs slightly from the measured one: a Modelfile cannot hold every character of it"
        )
        yield comment("(invisible ones, triple quotes at the end of a line); the format json holds them all")
    yield f"SYSTEM {_quoted(written)}"


def _examples(profile: PromptProfile) -> Iterator[str]:
    """Yield the worked examples as turns of a conversation that went before."""
    shown = [
        (role, text)
        for example in profile.examples
        for role, text in (
            ("user", profile.template.replace("{prompt}", example.prompt)),
            ("assistant", example.answer),
        )
    ]
    if any(_held(text) != text for _, text in shown):
        yield comment("the examples differ slightly from the measured ones: a Modelfile cannot hold every character")
    for role, text in shown:
        yield f"MESSAGE {role} {_quoted(_held(text))}"


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
