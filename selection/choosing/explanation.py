"""The reason for a choice, in one to three sentences with numbers, and at length for every candidate."""

from collections import Counter
from collections.abc import Iterator

from evaluation.errors import as_sentence
from evaluation.formatting import counted, listed, p_value, points, quantity
from selection.answers import Expected, Ranked
from selection.choosing.choice_types import Choice
from selection.choosing.limits import RULED_OUT_BY
from selection.choosing.measured_quality import part_shown, why_expected
from selection.choosing.number_words import MOST_NAMED, gap_interval, ordinal, quality, quality_interval
from selection.choosing.ties import Contrast
from selection.preferences import MEMORY_DIGITS, TIE_ORDERS


def reason_of(choice: Choice) -> str:
    """Return the reason: what is expected, how far the others are behind, which are tied, which were ruled out."""
    winner = choice.winner
    if choice.chosen is None:
        return f"No candidate is named: {as_sentence(choice.notes[0])}"
    if winner is None:
        named, before = as_sentence(choice.notes[-1]), as_sentence(choice.notes[0])
        return f"{choice.chosen.label} is named {named} Before that: {before}{_ruled_out(choice)}"
    behind = "" if winner is choice.ranked[0] else _behind(choice, winner)
    about = (_level(choice, winner), behind, _lead(choice, winner), _tie(choice, winner))
    parts = [*about, _program(choice, winner)]
    rule = f" Named by rule, since {as_sentence(choice.notes[0])}" if choice.decided_by == "rules" else ""
    return "; ".join(part for part in parts if part) + "." + _ruled_out(choice) + rule


def explanation_of(choice: Choice) -> str:
    """Return the reason, a line for every candidate with why it was not chosen, and the notes."""
    return "\n".join(
        [reason_of(choice), *_feasible(choice), *_removed(choice), *(f"Note: {as_sentence(n)}" for n in choice.notes)]
    )


def _level(choice: Choice, winner: Ranked) -> str:
    """Return the measured and the expected quality, with the reason for their difference."""
    task = "all tasks" if choice.question.task is None else choice.question.task
    where = "over the measured tasks" if choice.decided_by == "rules" else f"on {task}"
    label, cases, measured = winner.candidate.label, counted(choice.n_cases, "case"), winner.measured
    if measured is None:
        return f"{label} is expected at {_quality(choice, winner.quality)} {where} ({cases})"
    n_tasks = sum(part.value is not None for part in measured.parts)
    if measured.over_tasks and n_tasks > 1:
        cases = f"the mean over {counted(n_tasks, 'task')}, each counting alike; {cases}"
    shown = quality(measured.value, is_fraction=choice.is_fraction)
    nothing = ", where no answer scored above 0" if measured.value == 0 and choice.is_fraction else ""
    return f"{label} scores {shown} {where} ({cases}){nothing}; expected: {_expected(choice, winner)}"


def _expected(choice: Choice, ranked: Ranked) -> str:
    why = why_expected(ranked.adjustments, of_tasks=_over_tasks(ranked), is_fraction=choice.is_fraction)
    return _quality(choice, ranked.quality) + (f" ({why})" if why else "")


def _over_tasks(ranked: Ranked) -> bool:
    return ranked.measured is not None and ranked.measured.over_tasks


def _program(choice: Choice, winner: Ranked) -> str:
    """Return a note that it is not a model, and why it is named anyway."""
    if not winner.candidate.is_program:
        return ""
    if any(not ranked.candidate.is_program for ranked in choice.ranked):
        return "a program, not a model: it beats every model"
    return "a program, not a model: no model is eligible"


def _quality(choice: Choice, expected: Expected) -> str:
    shown = quality(expected.value, is_fraction=choice.is_fraction)
    return shown + quality_interval(expected.low, expected.high, is_fraction=choice.is_fraction)


def _lead(choice: Choice, winner: Ranked) -> str:
    """Return the lead of the best over the first candidate that can be told from it."""
    if len(choice.ranked) == 1:
        return "the only candidate left" if choice.removed else "the only measured candidate"
    clear = next(((a, b) for a, b in zip(choice.ranked, choice.contrasts, strict=True) if b and not b.is_tied), None)
    if clear is None:
        return ""
    first = choice.ranked[0]
    best = "" if winner is first else f"{first.candidate.label} is "
    gap = f"{_gap(choice, clear[1])} better than {clear[0].candidate.label}"
    before, after = _of_what(choice, first, clear[0], clear[1])
    return f"{best}{before}{gap}{after} ({p_value(clear[1].p_value)}; {clear[1].test})"


def _behind(choice: Choice, winner: Ranked) -> str:
    """Return the distance of the named candidate to the best, where these differ."""
    contrast = choice.contrasts[choice.ranked.index(winner)]
    if contrast is None or contrast.gap is None or contrast.difference is None or _is_utility(choice):
        return ""
    first = choice.ranked[0]
    before, after = _of_what(choice, first, winner, contrast)
    gap = quantity(abs(contrast.difference)) if not choice.is_fraction else f"{points(abs(contrast.difference))} points"
    side = "below" if contrast.difference >= 0 else "above"
    return f"{before}{gap} {side} {first.candidate.label}{after} ({p_value(contrast.p_value)}; {contrast.test})"


def _of_what(choice: Choice, first: Ranked, other: Ranked, contrast: Contrast) -> tuple[str, str]:
    """Return the basis of a difference: the two measured levels, or the common cases."""
    if first.measured is None or other.measured is None or contrast.difference is None or _is_utility(choice):
        return "", ""
    shared = f" on the {counted(contrast.n_pairs, 'independent case')} that both were asked"
    if first.adjustments is not None and first.adjustments.prompt is not None:
        return "expected ", f"{shared}, with what this prompt adds"
    apart = first.measured.value - other.measured.value
    return "measured ", "" if abs(apart - contrast.difference) < SAME_DIFFERENCE else shared


def _gap(choice: Choice, contrast: Contrast) -> str:
    """Return text such as `4.1 points`, of quality where no other weight is set."""
    if contrast.difference is None or _is_utility(choice):
        return f"{quantity(contrast.gap or 0.0)} points of utility"
    if not choice.is_fraction:
        return quantity(contrast.difference)
    return f"{points(contrast.difference)} points"


def _reach(choice: Choice, contrast: Contrast) -> str:
    """Return the difference's interval, in the unit of the gap before it; empty where there is none."""
    if _is_utility(choice):
        return ""
    return gap_interval(contrast.low, contrast.high, is_shown=not contrast.is_tied, is_fraction=choice.is_fraction)


def _is_utility(choice: Choice) -> bool:
    weights = choice.question.weights
    return bool(weights.latency or weights.cost or weights.energy)


def _tie(choice: Choice, winner: Ranked) -> str:
    """Return which candidates it is tied with, and why it is the named one."""
    others = [label for label in choice.tied if label != winner.candidate.label]
    if not others and winner is choice.ranked[0]:
        return ""
    tied = f"tied with {listed(others, MOST_NAMED)}, " if others else ""
    return f"{tied}{_by_what(choice, winner)}"


def _by_what(choice: Choice, winner: Ranked) -> str:
    """Return what decided among candidates near the best: lower cost or the like, then the estimate."""
    near = [
        ranked
        for ranked in choice.ranked
        if ranked.candidate.key in choice.pool and ranked.candidate.label in choice.near
    ]
    beaten = [ranked for ranked in choice.ranked if _is_beaten_nearby(choice, ranked, near)]
    others = [ranked for ranked in choice.ranked if ranked is not winner and (ranked in near or ranked in beaten)]
    if not others:
        return _alone(choice, winner)
    alike, reason = set(range(len(others))), ""
    for (word, before, after), mine, theirs in _takings(choice, winner, others):
        if mine is None:
            continue
        more = {i for i in alike if (value := theirs[i]) is None or value > mine}
        if more and not reason:
            other_values = [value for i in more if (value := theirs[i]) is not None]
            rival = f" against {before}{quantity(min(other_values))}" if other_values else ""
            within = f"within {quantity(choice.question.tolerance)} points of the best"
            reason = f"named as the {word} {within} ({before}{_least(mine)}{rival}{after})"
        alike -= more
    best = _of_equals(choice, winner, [others[i] for i in sorted(alike)])
    if not reason:
        return f"named for {best}"
    return f"{reason}, and of those alike for {best}" if alike else reason


def _alone(choice: Choice, winner: Ranked) -> str:
    """Return why none of the tied candidates may be named."""
    tied = [ranked for ranked in choice.ranked if ranked.is_tied and ranked is not winner]
    programs = [ranked for ranked in tied if ranked.candidate.is_program]
    if programs and not winner.candidate.is_program:
        return "recommended as the best model among them: a program is recommended only where it beats every model"
    return "named for the highest estimate"


def _is_beaten_nearby(choice: Choice, ranked: Ranked, near: list[Ranked]) -> bool:
    """Return whether a candidate of the same kind is as near, but beaten by one near the best."""
    if ranked in near or not near or ranked.candidate.is_program is not near[0].candidate.is_program:
        return False
    lowest = near[0].utility - choice.question.tolerance * choice.question.weights.quality
    return ranked.utility >= round(lowest, 9) and any(_beats(other, ranked) for other in near)


def _beats(winner: Ranked, other: Ranked) -> bool:
    """Return whether the winner is expected to be at least as good, and takes no more of anything."""
    if winner.quality.value < other.quality.value:
        return False
    for thing in _THINGS:
        mine, theirs = _taken(winner, thing, rounded=False), _taken(other, thing, rounded=False)
        if theirs is not None and (mine is None or mine > theirs):
            return False
    return True


def _of_equals(choice: Choice, winner: Ranked, alike: list[Ranked]) -> str:
    """Return `the highest estimate`; where others share it, also what else decided."""
    equals = [ranked for ranked in alike if _is_equal(ranked, winner)]
    for thing in _THINGS:
        mine = _taken(winner, thing, rounded=False)
        theirs = [_taken(ranked, thing, rounded=False) for ranked in equals]
        if mine is None or all(value == mine for value in theirs):
            continue
        word, before, after = _words(choice, thing)
        return f"the highest estimate, and of those that share it as the {word} ({before}{quantity(mine)}{after})"
    return "the highest estimate"


def _is_equal(ranked: Ranked, other: Ranked) -> bool:
    apart = (ranked.quality.value - other.quality.value, ranked.utility - other.utility)
    return not any(round(difference, 9) for difference in apart)


def _least(value: float) -> str:
    return quantity(value) if value else "next to nothing"


def _words(choice: Choice, thing: str) -> tuple[str, str, str]:
    """Return the word for the candidate with the least, and the texts before and after the number."""
    return {
        "cost": ("cheapest", "$", " for 1,000 answers"),
        "energy": ("most frugal", "", " J an answer"),
        "memory": ("smallest", "", " GB of memory"),
        "latency": ("fastest", "", f" s at the {ordinal(choice.question.constraints.percentile)}"),
    }[thing]


def _takings(
    choice: Choice, winner: Ranked, others: list[Ranked]
) -> Iterator[tuple[tuple[str, str, str], float | None, list[float | None]]]:
    for thing in TIE_ORDERS[choice.question.on_tie]:
        yield _words(choice, thing), _taken(winner, thing), [_taken(ranked, thing) for ranked in others]


def _taken(ranked: Ranked, thing: str, *, rounded: bool = True) -> float | None:
    if thing == "memory":
        if ranked.memory_gb is None or not rounded:
            return ranked.memory_gb
        return round(ranked.memory_gb, MEMORY_DIGITS)
    expected = {"cost": ranked.cost_per_1k, "energy": ranked.energy_j, "latency": ranked.latency_s}[thing]
    return None if expected is None else expected.value


_THINGS = ("latency", "cost", "energy", "memory")
"""Order in which they decide between equal candidates."""
SAME_DIFFERENCE = 0.0005
"""Half of the last digit shown in percent."""


def _ruled_out(choice: Choice) -> str:
    if not choice.removed:
        return ""
    by_name = Counter(removal.constraint for removal in choice.removed)
    text = f" Ruled out: {', '.join(f'{n:,} because of {RULED_OUT_BY.get(name, name)}' for name, n in by_name.items())}"
    best = choice.removed[-1] if len(choice.removed) == 1 else None
    return f"{text} ({best.candidate.label}: {best.reason})." if best else f"{text}."


def _feasible(choice: Choice) -> Iterator[str]:
    if choice.ranked:
        yield "By utility:"
    for place, (ranked, contrast) in enumerate(zip(choice.ranked, choice.contrasts, strict=True), start=1):
        chosen = ranked.candidate is choice.chosen
        marks = ", ".join(_marks(choice, ranked, contrast, chosen=chosen))
        numbers = ", ".join(_numbers(choice, ranked))
        yield f"  {place}. {ranked.candidate.label}: {numbers}{f' ({marks})' if marks else ''}"
        if ranked.measured is not None and len(ranked.measured.parts) > 1:
            shown = (
                f"{part.name} {part_shown(part, is_fraction=choice.is_fraction)}" for part in ranked.measured.parts
            )
            yield f"     measured: {', '.join(shown)}"


def _numbers(choice: Choice, ranked: Ranked) -> Iterator[str]:
    if ranked.measured is None:
        yield _quality(choice, ranked.quality)
    else:
        yield f"measured {quality(ranked.measured.value, is_fraction=choice.is_fraction)}"
        yield f"expected {_expected(choice, ranked)}"
    for thing in ("cost", "energy", "memory", "latency"):
        value, (_, before, after) = _taken(ranked, thing), _words(choice, thing)
        if value is not None:
            yield f"{before}{quantity(value)}{after}"


def _marks(choice: Choice, ranked: Ranked, contrast: Contrast | None, *, chosen: bool) -> Iterator[str]:
    if chosen:
        yield "chosen"
    best = choice.ranked[0].candidate.label
    if contrast is not None and contrast.gap is None:
        yield f"no cases in common with {best}"
    elif contrast is not None:
        words = "tied with" if contrast.is_tied else f"{_gap(choice, contrast)}{_reach(choice, contrast)} behind"
        yield f"{words} {best}, {p_value(contrast.p_value)} on {counted(contrast.n_pairs, 'pair')}"
    if ranked.is_pareto:
        yield "Pareto"


def _removed(choice: Choice) -> Iterator[str]:
    if choice.removed:
        yield "Ruled out:"
    for removal in choice.removed:
        yield f"  {removal.candidate.label}: {removal.constraint}, {removal.reason}"
