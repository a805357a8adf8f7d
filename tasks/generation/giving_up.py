"""Reasons for giving up a candidate: its own failures, its server's, or a context too short for every prompt."""

import re

from evaluation.errors import FailureKind, as_sentence
from evaluation.generation import Generation
from evaluation.planning.plan import PlannedCandidate
from evaluation.store.outcomes import count_outcomes, iterate_outcomes
from evaluation.store.session import Store
from tasks.generation.missing import count_open
from tasks.generation.workbench import Workbench


def why_given_up(bench: Workbench, item: PlannedCandidate) -> str | None:
    """Return the reason for which a candidate was given up; None: it was not."""
    if reason := bench.watches[item.run_candidate_id].given_up:
        return reason
    row_id = item.run_candidate_id
    works = [work for work in bench.works if row_id in [planned.run_candidate_id for planned in work.group.planned]]
    if (reason := next(filter(None, (work.why_given_up for work in works)), None)) and count_open(bench.store, item):
        return reason
    return _too_long_for(bench.store, item)


def _too_long_for(store: Store, item: PlannedCandidate) -> str | None:
    """Return the error of a candidate whose context is too small for every prompt; None: it is not."""
    counts = next(
        (
            candidate_counts
            for candidate_counts in count_outcomes(store, item.run_id)
            if candidate_counts.run_candidate_id == item.run_candidate_id
        ),
        None,
    )
    kind = FailureKind.PROMPT_TOO_LONG
    if counts is None or not counts.own_failures.get(kind) or counts.own_failures[kind] < item.n_generations:
        return None
    message, n_tokens = longest_prompt(store, item.run_candidate_id)
    return f"every prompt is too long; the longest: {as_sentence(message)} {_larger_context(item, n_tokens)}"


def longest_prompt(store: Store, run_candidate_id: int) -> tuple[str, int]:
    """Return the error message about the longest overlong prompt, and its tokens.

    0 tokens: the server did not count them.
    """
    messages = [
        stored.row.outcome.message or ""
        for page in iterate_outcomes(store, run_candidate_id)
        for stored in page
        if isinstance(stored.row.outcome, Generation)
    ]
    longest = max(messages, key=_n_prompt_tokens)
    return longest, _n_prompt_tokens(longest)


def _n_prompt_tokens(message: str) -> int:
    return int(match[1]) if (match := re.search(r"the prompt has (\d+) tokens", message)) else 0


def _larger_context(item: PlannedCandidate, n_prompt_tokens: int) -> str:
    """Return the option to raise, with a value that has room for that prompt and its answer."""
    num_ctx = item.options.get("num_ctx")
    if not num_ctx:
        return "Start the server with a larger context"
    if item.trained_context and num_ctx >= item.trained_context:
        return f"Shorten the prompts, or take another model: this one was trained for {item.trained_context:,} tokens"
    if item.trained_context and n_prompt_tokens >= item.trained_context:
        most = f"--option num_ctx={item.trained_context}, all that this model was trained for"
        return f"Raise num_ctx to {most}, and shorten the prompts that do not fit even then"
    needed = n_prompt_tokens + int(item.options.get("num_predict", 0)) if n_prompt_tokens else 2 * num_ctx
    roomy = 1 << (max(needed, num_ctx + 1) - 1).bit_length()
    return f"Raise num_ctx, for example with --option num_ctx={min(roomy, item.trained_context or roomy)}"
