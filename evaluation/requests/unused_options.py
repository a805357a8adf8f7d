"""Options for every model where no model is asked, but only candidates, each with options of its own."""

import shlex
from collections.abc import Mapping
from typing import Any

from evaluation.errors import ConfigurationError
from evaluation.formatting import listed
from evaluation.requests.evaluation_request import EvaluationRequest, as_word

FLAGS: Mapping[str, str] = {"options": "--option", "system": "--system", "profile": "--profile"}
"""Fields of a request that are for every one of its `models`, and the option of each."""


def refuse_unused_options(typed: Mapping[str, Any], fields: Mapping[str, Any]) -> None:
    """Check that what was typed for every model has a model to be for.

    Args:
        typed: The fields of `EvaluationRequest` that were typed.
        fields: The same, with those of a template.

    Raises:
        ConfigurationError: only candidates are asked; names the options, and how to write them.
    """
    unused = [name for name in FLAGS if typed.get(name)]
    candidates = fields.get("candidates")
    if not unused or not candidates or fields.get("models"):
        return
    flags = listed([FLAGS[name] for name in unused])
    verb = "is" if len(unused) == 1 else "are"
    raise ConfigurationError(
        f"{flags} {verb} for every --model, and only candidates are asked: each carries its own options",
        _next_step(typed, candidates[0] if isinstance(candidates, list | tuple) else candidates),
    )


def note_on_unused_options(request: EvaluationRequest) -> list[str]:
    """Return a note where a request has options for every model, and only candidates; empty: it has not."""
    unused = [name for name in FLAGS if getattr(request, name)]
    if not unused or request.models or not request.candidates:
        return []
    verb = "changes" if len(unused) == 1 else "change"
    return [f"{listed(unused)} {verb} nothing: only candidates are asked, and each carries its own options"]


def _next_step(typed: Mapping[str, Any], candidate: Any) -> str:
    if not isinstance(candidate, str) or not (text := candidate.strip()) or text.startswith("@"):
        return "Leave it out: a candidate's file holds its options, its prompts and its profile."
    if typed.get("system"):
        return (
            "Store the system prompt as a profile (`benchwright profiles add`) and write profile=NAME behind the "
            "candidate's name, or ask the model with --model."
        )
    keys = {word.partition("=")[0] for word in text.split()[1:]}
    more = [word for word in _words(typed) if word.partition("=")[0] not in keys]
    return f"Write --candidate {shlex.quote(' '.join([text, *map(shlex.quote, more)]))}"


def _words(typed: Mapping[str, Any]) -> list[str]:
    """Return the options as the words of a candidate."""
    options = typed.get("options") or []
    if isinstance(options, Mapping):
        words = [f"{key}={as_word(value)}" for key, value in options.items()]
    else:
        words = [str(options)] if isinstance(options, str) else [str(word) for word in options]
    return [*words, f"profile={typed['profile']}"] if typed.get("profile") else words
