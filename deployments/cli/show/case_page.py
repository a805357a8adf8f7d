"""One case of a run in full, as text: prompt, references, and the outcome of every candidate's attempts."""

from collections.abc import Mapping, Sequence

from deployments.cli.show.trace_page import print_trace
from deployments.cli.terminal.output import result
from deployments.cli.terminal.run_results import say_line
from deployments.cli.terminal.split_table import screen_width
from deployments.cli.terminal.text_block import as_block
from evaluation.case import Case, Message
from evaluation.escaping import as_json
from evaluation.formatting import counted, joules, percent, precise
from evaluation.outcome_fields import SECONDS
from evaluation.results.cases import (
    AnswerResult,
    CaseCandidate,
    CaseResult,
    MissingOutcome,
    OutcomeResult,
    ScoreFailureResult,
    ScoreResult,
)

_TIMINGS = {"ttft_s": "first token after"}
"""Labels of durations; the others use their name without the unit."""
_PROMPTS = {
    "cached": "the prompt was in the server's cache",
    "unknown": "the prompt had been sent before, and the server does not say whether it was in its cache",
}
_OUTCOMES = {
    "server_failure": "The server failed: {kind} (counted, not scored)",
    "own_failure": "The candidate failed: {kind} (scored as an empty answer)",
}


def print_case_page(shown: CaseResult) -> None:
    """Print a case of a run in full."""
    say_line()
    say_line(f"case {shown.case.case_id} · {shown.benchmark} · run {shown.run_id} · {shown.status}", style="bold")
    _print_case(shown.case)
    prompts = _same_prompts(shown.candidates)
    for messages, labels in prompts:
        _print_prompt(messages, labels if len(prompts) > 1 else [])
    for candidate in shown.candidates:
        for outcome in candidate.outcomes:
            _print_outcome(candidate, outcome, repeats=shown.n_repeats)
    say_line()
    places = {each.fingerprint: f" on {each.label}" for each in shown.candidates}
    for note in shown.annotations:
        on = places.get(note.fingerprint or "", "")
        say_line(f"note {note.annotation_id} · {note.created_at:%Y-%m-%d} {note.author}{on}: {note.text}")
    for each in shown.tags:
        on = places.get(each.fingerprint or "", "")
        say_line(f"tag {each.tag} · {each.created_at:%Y-%m-%d} {each.author}{on}")
    say_line(f"benchmark version {shown.benchmark_version}, code {shown.code_version}")


def _print_case(case: Case) -> None:
    for number, reference in enumerate(case.references, 1):
        _print_text("reference" if len(case.references) == 1 else f"reference {number}", reference)
    if not case.references:
        say_line("no reference")
    for number, passage in enumerate(case.context, 1):
        _print_text(f"context {number} of {len(case.context)}", passage)
    if case.choices:
        _print_text("choices", "\n".join(case.choices))
    if case.cluster is not None:
        say_line(f"cluster: {case.cluster}")
    if case.tags:
        say_line(f"tags: {', '.join(case.tags)}")
    for name, value in case.details.items():
        _print_text(f"detail {name}", value if isinstance(value, str) else _json(value))


def _json(value: object) -> str:
    return as_json(value)


def _same_prompts(candidates: Sequence["CaseCandidate"]) -> list[tuple[tuple["Message", ...], list[str]]]:
    """Return each distinct prompt with its candidates: one, unless prompt profiles differ."""
    prompts: list[tuple[tuple[Message, ...], list[str]]] = []
    for candidate in candidates:
        same = next((labels for messages, labels in prompts if messages == candidate.messages), None)
        if same is None:
            prompts.append((candidate.messages, [candidate.label]))
        else:
            same.append(candidate.label)
    return prompts


def _print_prompt(messages: Sequence["Message"], labels: Sequence[str]) -> None:
    to = f" to {', '.join(labels)}" if labels else ""
    for message in messages:
        _print_text(f"prompt as sent{to}: {message.role}", message.content)


def _print_text(title: str, text: str) -> None:
    say_line(f"{title}:")
    result().print(as_block(text, width=screen_width()))


def _print_outcome(candidate: CaseCandidate, outcome: OutcomeResult | MissingOutcome, *, repeats: int) -> None:
    repeat = f" · repeat {outcome.repeat + 1} of {repeats}" if repeats > 1 else ""
    say_line()
    say_line(f"{candidate.label}{repeat}", style="bold")
    if isinstance(outcome, MissingOutcome):
        say_line("no outcome is stored: it was not asked, or not answered before the run ended")
        return
    _print_failure(outcome)
    if isinstance(outcome.came_back, AnswerResult):
        _print_answer(outcome.came_back, has_failed=outcome.failure is not None)
    _print_scores(outcome.scores)
    print_trace(outcome)
    _print_usage(candidate, outcome)


def _print_failure(outcome: OutcomeResult) -> None:
    if (failure := outcome.failure) is not None:
        _print_text(_OUTCOMES[outcome.outcome].format(kind=failure.kind), failure.message or "no message")


def _print_answer(answer: AnswerResult, *, has_failed: bool) -> None:
    if answer.answer or not has_failed:
        _print_text("answer", answer.answer)
    if answer.text != answer.answer:
        _print_text("raw text", answer.text)
    if answer.thinking:
        _print_text("thinking", answer.thinking)


def _print_scores(scores: Mapping[str, "ScoreResult | ScoreFailureResult"]) -> None:
    for name, score in scores.items():
        if isinstance(score, ScoreFailureResult):
            _print_text(f"{name} failed: {score.failure.kind}", score.failure.message)
            continue
        label = f" · {score.label}" if score.label else ""
        say_line(f"{name} {precise(score.value)}{label}")
        if score.rationale:
            result().print(as_block(score.rationale, width=screen_width()))
    if not scores:
        say_line("no score")


def _print_usage(candidate: CaseCandidate, outcome: OutcomeResult) -> None:
    """Print the timings, the tokens and other facts of the attempt."""
    lines = {
        "timings": _timings(outcome),
        "usage": [
            *_tokens(outcome),
            _requests(outcome),
            _worded(outcome.seed, "seed {}"),
            "" if outcome.energy_j is None else joules(outcome.energy_j),
        ],
        "server": [
            f"{outcome.endpoint} ({candidate.provider} {candidate.server_version or 'of unknown version'})",
            _worded(outcome.effective_context, "context {}"),
            _place(outcome.vram_share),
            f"finished {outcome.finished_at.isoformat()}",
        ],
        "candidate": [
            f"profile {candidate.profile}",
            _worded(candidate.think, "think {}"),
            f"digest {candidate.digest or 'none: unverified weights'}",
        ],
        "options": [" ".join(f"{name}={value}" for name, value in candidate.options.items())],
    }
    for name, parts in lines.items():
        if text := " · ".join(part for part in parts if part):
            say_line(f"{name}: {text}")


def _requests(outcome: OutcomeResult) -> str:
    """Return how often a server was asked: attempts at one request, or the requests of a pipeline's stages.

    A search asks nobody, nor does an embedding that another case of the run had requested.
    """
    if not outcome.stages:
        return counted(outcome.n_attempts, "attempt")
    attempts = [stage.n_attempts for stage in outcome.stages if stage.n_attempts and stage.model is not None]
    n_stages = counted(len(outcome.stages), "stage")
    among = n_stages if len(attempts) == len(outcome.stages) else f"{len(attempts)} of {n_stages}"
    requests = f"{counted(sum(attempts), 'request')} in {among}"
    if isinstance(outcome.came_back, AnswerResult):
        return requests
    return f"{requests}, {counted(outcome.n_attempts, 'attempt')} at the one that failed"


def _tokens(outcome: OutcomeResult) -> list[str]:
    answer = outcome.came_back
    if not isinstance(answer, AnswerResult):
        return []
    return [
        "" if answer.prompt_tokens is None else f"{counted(answer.prompt_tokens, 'token')} in",
        "" if answer.output_tokens is None else f"{counted(answer.output_tokens, 'token')} out",
        _worded(answer.finish_reason, "finish reason {}"),
        "" if outcome.cut is None else outcome.cut.message,
    ]


def _worded(value: object, words: str) -> str:
    return "" if value is None else words.format(value)


def _place(vram_share: float | None) -> str:
    """Return where the model was loaded: a part of it on the CPU makes it slow."""
    if vram_share is None:
        return ""
    if vram_share == 0:
        return "on the CPU"
    return f"{percent(vram_share)} in VRAM" + ("" if vram_share >= 1 else ", the rest on the CPU")


def _timings(outcome: OutcomeResult) -> list[str]:
    answer = outcome.came_back
    seconds = {} if answer.timings is None else {name: getattr(answer.timings, name, None) for name in SECONDS}
    words_of = {name: _TIMINGS.get(name, name.removesuffix("_s")) for name in seconds}
    parts = [f"{words_of[name]} {precise(value)} s" for name, value in seconds.items() if value is not None]
    if not isinstance(answer, AnswerResult):
        return parts
    if answer.reused:
        parts.append("reused from an earlier run; excluded from timing figures")
    elif parts:
        parts.append("cold: waited for the model to load" if answer.cold else "warm")
        parts += [words] if (words := _PROMPTS.get(str(answer.prompt_state))) is not None else []
    return parts
