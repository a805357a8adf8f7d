"""Context overflow: servers' error messages for an overlong prompt, and signs of a silently truncated prompt."""

import re
from collections.abc import Iterable
from typing import Any

from evaluation.case import Message
from evaluation.errors import CandidateFailureError, FailureKind
from evaluation.providers.error_replies import Refusal, RequestContext
from evaluation.providers.json_reading import number_of

_TEXTS = re.compile(
    r"exceeds? the (available |model'?s? )?(maximum )?context|longer than the (maximum |model'?s? )?context"
    r"|input length exceeds|maximum context length|context[ _]length[ _]exceeded|exceed_context_size"
    r"|greater than the context length|context the overflows|context (window|size) (is )?exceeded",
    re.IGNORECASE,
)
_COUNTS = (
    re.compile(r"request \((?P<prompt>\d+) tokens\) exceeds the available context size \((?P<context>\d+) tokens\)"),
    re.compile(r"maximum context length is (?P<context>\d+) tokens.*?\((?P<prompt>\d+) in the (messages|prompt)"),
    re.compile(r"maximum context length is (?P<context>\d+) tokens.*?(requested|contains at least) (?P<prompt>\d+)"),
)


def overlong_error(
    refusal: Refusal, context: RequestContext, *, can_set_context: bool = True
) -> CandidateFailureError | None:
    """Return the candidate's failure if the refusal says that the prompt is too long; else None.

    Args:
        refusal: What the server said.
        context: What the message names.
        can_set_context: True where the request sets `num_ctx`, not the server.
    """
    text = " ".join([refusal.message, *(str(refusal.details.get(key, "")) for key in ("type", "code"))])
    if not _TEXTS.search(text):
        return None
    n_prompt, n_context = _counts(refusal)
    n_context = n_context or context.num_ctx
    has = f"has {n_prompt} tokens" if n_prompt else "is too long"
    holds = f"num_ctx is {n_context}" if n_context else "the model's context is smaller"
    return CandidateFailureError(
        f"{context.subject}: the prompt {has}, but {holds}",
        FailureKind.PROMPT_TOO_LONG,
        next_step=f"Raise it, for example `--option num_ctx={_roomy(n_prompt, n_context)}`, or shorten the prompt."
        if can_set_context
        else "Start the server with a larger context, or shorten the prompt.",
    )


def _counts(refusal: Refusal) -> tuple[int | None, int | None]:
    n_prompt, context = number_of(refusal.details, "n_prompt_tokens"), number_of(refusal.details, "n_ctx")
    if n_prompt is not None and context is not None:
        return n_prompt, context
    for pattern in _COUNTS:
        if match := pattern.search(refusal.message):
            return int(match["prompt"]), int(match["context"])
    return None, None


def _roomy(n_prompt: int | None, context: int | None) -> int:
    needed = (n_prompt + 1024) if n_prompt else 2 * (context or 4096)
    return 1 << (needed - 1).bit_length()


_RUNS = re.compile(r"(\s)\s+|(.)\2{4,}", re.DOTALL)


def n_telling_characters(messages: Iterable[Message]) -> int:
    """Return the number of characters in a prompt that surely cost tokens.

    Runs of one character or of blanks, which are cheap to a tokenizer, are shortened.
    """
    return sum(len(_RUNS.sub(r"\1\2", message.content)) for message in messages)


def sign_of_truncation(n_characters: int, *, prompt_tokens: int | None, options: dict[str, Any]) -> str | None:
    """Return why the server must have cut the prompt, in words; None where nothing says so.

    It is meant never to accuse wrongly: no ordinary text has 12 characters per token, and a count at exactly the half
    window that servers cut to is taken for chance unless the prompt could not have fitted.

    Args:
        n_characters: `n_telling_characters` of the prompt.
        prompt_tokens: As counted by the server; None where it does not say, and then there is no verdict.
        options: Options of the request: `num_ctx` and `num_keep` are read.
    """
    num_ctx = options.get("num_ctx")
    if prompt_tokens is None or not isinstance(num_ctx, int):
        return None
    if n_characters > 0.4 * 3 * num_ctx and prompt_tokens < n_characters / 12:
        return f"{prompt_tokens} prompt tokens for {n_characters} characters"
    half_window = num_ctx - (num_ctx - _kept(options)) // 2
    if n_characters / 4 > num_ctx and abs(prompt_tokens - half_window) <= 2:
        return f"{prompt_tokens} prompt tokens, the half window that servers cut to at num_ctx={num_ctx}"
    return None


def _kept(options: dict[str, Any]) -> int:
    num_keep = options.get("num_keep", 4)
    return max(0, num_keep) if isinstance(num_keep, int) else 4
