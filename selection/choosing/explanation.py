"""Why this candidate? In one to three sentences with numbers, and at length for every candidate."""

from collections import Counter
from collections.abc import Iterator

from evaluation.formatting import points
from selection.answers import Expected, Ranked
from selection.choosing.choice import Choice
from selection.choosing.ties import TEST, Contrast
from selection.choosing.wording import counted, listed, ordinal, p_value, quality, quality_interval, quantity
from selection.wishes import MEMORY_DIGITS, TIE_ORDERS


def reason_of(choice: Choice) -> str:
    """Why this one: what is expected, how far the others are behind, who is tied with it, who was ruled out."""
    winner = choice.winner
    if choice.chosen is None:
        return f"No candidate is named: {choice.notes[0]}."
    if winner is None:
        return f"{choice.chosen.label} is named {choice.notes[-1]}. Before that: {choice.notes[0]}.{_ruled_out(choice)}"
    parts = [_expectation(choice, winner), _lead(choice, winner), _tie(choice, winner)]
    rule = f" Named by rule, since {choice.notes[0]}." if choice.decided_by == "rules" else ""
    return "; ".join(part for part in parts if part) + "." + _ruled_out(choice) + rule


def explanation_of(choice: Choice) -> str:
    """The reason, then a line for every candidate with why it was not chosen, then what the reader should know."""
    return "\n".join([reason_of(choice), *_feasible(choice), *_removed(choice), *(f"Note: {n}." for n in choice.notes)])


def _expectation(choice: Choice, winner: Ranked) -> str:
    task = "all tasks" if choice.task is None else choice.task
    where = "over the measured tasks" if choice.decided_by == "rules" else f"on {task}"
    return (
        f"{winner.candidate.label} is expected at {_quality(choice, winner.quality)} {where} "
        f"({counted(choice.n_cases, 'case')})"
    )


def _quality(choice: Choice, expected: Expected) -> str:
    shown = quality(expected.value, is_fraction=choice.is_fraction)
    return shown + quality_interval(expected.low, expected.high, is_fraction=choice.is_fraction)


def _lead(choice: Choice, winner: Ranked) -> str:
    """How far the best is ahead of the first that can be told from it."""
    if len(choice.ranked) == 1:
        return "the only candidate that is left" if choice.removed else "the only candidate that was measured"
    clear = next(((a, b) for a, b in zip(choice.ranked, choice.contrasts, strict=True) if b and not b.is_tied), None)
    if clear is None:
        return ""
    best = "" if winner is choice.ranked[0] else f"{choice.ranked[0].candidate.label} is "
    evidence = f"{p_value(clear[1].p_value)}; {TEST}"
    return f"{best}{_gap(choice, clear[1])} better than {clear[0].candidate.label} ({evidence})"


def _gap(choice: Choice, contrast: Contrast) -> str:
    """`4.1 points`, of quality where nothing else was given a weight."""
    weights = choice.weights
    if contrast.difference is None or weights.latency or weights.cost or weights.energy:
        return f"{quantity(contrast.gap or 0.0)} points of utility"
    if not choice.is_fraction:
        return quantity(contrast.difference)
    return f"{points(contrast.difference)} points"


def _tie(choice: Choice, winner: Ranked) -> str:
    """With whom it is tied, and why it is the one that is named."""
    others = [label for label in choice.tied if label != winner.candidate.label]
    if not others and winner is choice.ranked[0]:
        return ""
    tied = f"tied with {listed(others)}, " if others else ""
    return f"{tied}{_by_what(choice, winner)}"


def _by_what(choice: Choice, winner: Ranked) -> str:
    """What made the named one of those near the best the one: what others take more of, then the estimate."""
    others = [one for one in choice.ranked if one.candidate.label in choice.near and one is not winner]
    alike, said = set(range(len(others))), ""
    for (word, before, after), mine, theirs in _takings(choice, winner, others):
        if mine is None:
            continue
        more = {i for i in alike if (value := theirs[i]) is None or value > mine}
        if more and not said:
            known = [value for i in more if (value := theirs[i]) is not None]
            rival = f" against {before}{quantity(min(known))}" if known else ""
            within = f"within {quantity(choice.tolerance)} points of the best"
            said = f"named as the {word} {within} ({before}{_least(mine)}{rival}{after})"
        alike -= more
    if not said:
        return "named for the highest estimate"
    return f"{said}, and of those alike for the highest estimate" if alike else said


def _least(value: float) -> str:
    return quantity(value) if value else "next to nothing"


def _words(choice: Choice, thing: str) -> tuple[str, str, str]:
    """What the one with the least of it is called, and what stands before and after the number."""
    return {
        "cost": ("cheapest", "$", " for 1,000 answers"),
        "energy": ("most frugal", "", " J an answer"),
        "memory": ("smallest", "", " GB"),
        "latency": ("fastest", "", f" s at the {ordinal(choice.percentile)}"),
    }[thing]


def _takings(
    choice: Choice, winner: Ranked, others: list[Ranked]
) -> Iterator[tuple[tuple[str, str, str], float | None, list[float | None]]]:
    for thing in TIE_ORDERS[choice.on_tie]:
        yield _words(choice, thing), _taken(winner, thing), [_taken(one, thing) for one in others]


def _taken(ranked: Ranked, thing: str) -> float | None:
    if thing == "memory":
        return None if ranked.memory_gb is None else round(ranked.memory_gb, MEMORY_DIGITS)
    expected = {"cost": ranked.cost_per_1k, "energy": ranked.energy_j, "latency": ranked.latency_s}[thing]
    return None if expected is None else expected.value


_BY = {
    "not_ready": "not being ready to call",
    "not_measured": "too few measured cases",
    "models_only": "being no model",
}


def _ruled_out(choice: Choice) -> str:
    if not choice.removed:
        return ""
    by_name = Counter(one.constraint for one in choice.removed)
    text = f" Ruled out: {', '.join(f'{n:,} by {_BY.get(name, name)}' for name, n in by_name.items())}"
    best = choice.removed[-1] if len(choice.removed) == 1 else None
    return f"{text} ({best.candidate.label}: {best.reason})." if best else f"{text}."


def _feasible(choice: Choice) -> Iterator[str]:
    if choice.ranked:
        yield "By utility:"
    for place, (one, contrast) in enumerate(zip(choice.ranked, choice.contrasts, strict=True), start=1):
        chosen = one.candidate is choice.chosen
        marks = ", ".join(_marks(choice, one, contrast, chosen=chosen))
        yield f"  {place}. {one.candidate.label}: {', '.join(_numbers(choice, one))}{f' ({marks})' if marks else ''}"


def _numbers(choice: Choice, one: Ranked) -> Iterator[str]:
    yield _quality(choice, one.quality)
    for thing in ("cost", "energy", "memory", "latency"):
        value, (_, before, after) = _taken(one, thing), _words(choice, thing)
        if value is not None:
            yield f"{before}{quantity(value)}{after}"


def _marks(choice: Choice, one: Ranked, contrast: Contrast | None, *, chosen: bool) -> Iterator[str]:
    if chosen:
        yield "chosen"
    best = choice.ranked[0].candidate.label
    if contrast is not None and contrast.gap is None:
        yield f"nothing in common with {best}"
    elif contrast is not None:
        words = "tied with" if contrast.is_tied else f"{_gap(choice, contrast)} behind"
        yield f"{words} {best}, {p_value(contrast.p_value)} on {counted(contrast.n_pairs, 'pair')}"
    if one.is_pareto:
        yield "Pareto"


def _removed(choice: Choice) -> Iterator[str]:
    if choice.removed:
        yield "Ruled out:"
    for one in choice.removed:
        yield f"  {one.candidate.label}: {one.constraint}, {one.reason}"
