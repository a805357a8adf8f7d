"""One case of a run in full, for a person: prompt, references, and what became of every candidate's attempts."""

from collections.abc import Mapping, Sequence
from typing import Any

from deployments.cli.results import say_line
from deployments.cli.split_table import screen_width
from deployments.cli.terminal import result
from deployments.cli.text_block import as_block
from evaluation.formatting import joules, percent, precise

_TIMINGS = {
    "total_s": "total",
    "ttft_s": "first token after",
    "queue_s": "queue",
    "load_s": "load",
    "prompt_s": "prompt",
    "generate_s": "generate",
}
_OUTCOMES = {
    "server_failure": "The server failed: {kind} (counted, not scored)",
    "own_failure": "The candidate failed: {kind} (scored as an empty answer)",
}


def print_case_page(found: Mapping[str, Any]) -> None:
    """Prints a case as `evaluation.reports.case_results.case_result` gives it."""
    case = found["case"]
    say_line()
    say_line(f"case {case['case_id']} · {found['benchmark']} · run {found['run_id']} · {found['status']}", style="bold")
    _print_case(case)
    prompts = _same_prompts(found["candidates"])
    for messages, labels in prompts:
        _print_prompt(messages, labels if len(prompts) > 1 else [])
    for candidate in found["candidates"]:
        for outcome in candidate["outcomes"]:
            _print_outcome(candidate, outcome, repeats=found["repeats"])
    say_line()
    for note in found["annotations"]:
        say_line(f"note {note['annotation_id']} · {note['created_at'][:10]} {note['author']}: {note['text']}")
    say_line(f"benchmark version {found['benchmark_version']}, code {found['code_version']}")


def _print_case(case: Mapping[str, Any]) -> None:
    for number, reference in enumerate(case["references"], 1):
        _print_text("reference" if len(case["references"]) == 1 else f"reference {number}", reference)
    if not case["references"]:
        say_line("no reference")
    for number, passage in enumerate(case["context"], 1):
        _print_text(f"context {number} of {len(case['context'])}", passage)
    if case["choices"]:
        _print_text("choices", "\n".join(case["choices"]))
    if case["cluster"] is not None:
        say_line(f"cluster: {case['cluster']}")
    if case["tags"]:
        say_line(f"tags: {', '.join(case['tags'])}")
    for name, value in case["details"].items():
        _print_text(f"detail {name}", value if isinstance(value, str) else _json(value))


def _json(value: Any) -> str:
    from evaluation.reports.escaping import as_json

    return as_json(value)


def _same_prompts(candidates: Sequence[Mapping[str, Any]]) -> list[tuple[list[Mapping[str, str]], list[str]]]:
    """Each prompt with those to whom it was sent: one, unless prompt profiles differ."""
    prompts: list[tuple[list[Mapping[str, str]], list[str]]] = []
    for candidate in candidates:
        same = next((labels for messages, labels in prompts if messages == candidate["messages"]), None)
        if same is None:
            prompts.append((candidate["messages"], [candidate["candidate"]]))
        else:
            same.append(candidate["candidate"])
    return prompts


def _print_prompt(messages: Sequence[Mapping[str, str]], labels: Sequence[str]) -> None:
    to = f" to {', '.join(labels)}" if labels else ""
    for message in messages:
        _print_text(f"prompt as sent{to}: {message['role']}", message["content"])


def _print_text(title: str, text: str) -> None:
    say_line(f"{title}:")
    result().print(as_block(text, width=screen_width()))


def _print_outcome(candidate: Mapping[str, Any], outcome: Mapping[str, Any], *, repeats: int) -> None:
    repeat = f" · repeat {outcome['repeat'] + 1} of {repeats}" if repeats > 1 else ""
    say_line()
    say_line(f"{candidate['candidate']}{repeat}", style="bold")
    if outcome["outcome"] == "missing":
        say_line("no outcome is stored: it was not asked, or not answered before the run ended")
        return
    _print_failure(outcome)
    _print_answer(outcome)
    _print_scores(outcome["scores"])
    _print_usage(candidate, outcome)


def _print_failure(outcome: Mapping[str, Any]) -> None:
    if (failure := outcome["failure"]) is not None:
        _print_text(_OUTCOMES[outcome["outcome"]].format(kind=failure["kind"]), failure["message"] or "no message")


def _print_answer(outcome: Mapping[str, Any]) -> None:
    if "answer" not in outcome:
        return
    if outcome["answer"] or not outcome["failure"]:
        _print_text("answer", outcome["answer"])
    if outcome["text"] != outcome["answer"]:
        _print_text("raw text", outcome["text"])
    if outcome["thinking"]:
        _print_text("thinking", outcome["thinking"])


def _print_scores(scores: Mapping[str, Mapping[str, Any]]) -> None:
    for name, score in scores.items():
        if (failure := score.get("failure")) is not None:
            _print_text(f"{name} could not be had: {failure['kind']}", failure["message"])
            continue
        label = f" · {score['label']}" if score["label"] else ""
        say_line(f"{name} {precise(score['value'])}{label}")
        if score["rationale"]:
            result().print(as_block(score["rationale"], width=screen_width()))
    if not scores:
        say_line("no score")


def _print_usage(candidate: Mapping[str, Any], outcome: Mapping[str, Any]) -> None:
    """Timings, tokens, and what else is known of the attempt, as far as it is known."""
    from evaluation.formatting import counted

    lines = {
        "timings": _timings(outcome),
        "usage": [
            *(
                f"{counted(outcome[name], 'token')} {way}"
                for name, way in (("prompt_tokens", "in"), ("output_tokens", "out"))
                if outcome.get(name) is not None
            ),
            _worded(outcome.get("finish_reason"), "finish reason {}"),
            _worded((outcome.get("cut") or {}).get("message"), "{}"),
            counted(outcome["n_attempts"], "attempt"),
            _worded(outcome["seed"], "seed {}"),
            "" if outcome["energy_j"] is None else joules(outcome["energy_j"]),
        ],
        "server": [
            f"{outcome['endpoint']} ({candidate['provider']} {candidate['server_version'] or 'of unknown version'})",
            _worded(outcome["effective_context"], "context {}"),
            _place(outcome["vram_share"]),
            f"finished {outcome['finished_at']}",
        ],
        "candidate": [
            f"profile {candidate['profile']}",
            _worded(candidate["think"], "think {}"),
            f"digest {candidate['digest'] or 'none: unverified weights'}",
        ],
        "options": [" ".join(f"{name}={value}" for name, value in candidate["options"].items())],
    }
    for name, parts in lines.items():
        if said := " · ".join(part for part in parts if part):
            say_line(f"{name}: {said}")


def _worded(value: Any, words: str) -> str:
    return "" if value is None else words.format(value)


def _place(vram_share: float | None) -> str:
    """Where the model lay: a part of it on the CPU makes it slow."""
    if vram_share is None:
        return ""
    if vram_share == 0:
        return "on the CPU"
    return f"{percent(vram_share)} in VRAM" + ("" if vram_share >= 1 else ", the rest on the CPU")


def _timings(outcome: Mapping[str, Any]) -> list[str]:
    timings = outcome["timings"] or {}
    said = [f"{word} {precise(timings[name])} s" for name, word in _TIMINGS.items() if timings.get(name) is not None]
    if outcome.get("reused"):
        said.append("reused from an earlier run, so in no timing figure")
    elif said and "cold" in outcome:
        said.append("cold: waited for the model to load" if outcome["cold"] else "warm")
    return said
