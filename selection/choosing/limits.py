"""Filtering of candidates by constraints: which are ruled out, by which constraint, and by how much."""

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial

from evaluation.errors import SelectionError, as_sentence
from evaluation.escaping import one_line
from evaluation.formatting import beyond, counted, listed, rounded_to_hold
from evaluation.records.evidence import Choosable
from selection.answers import Removed
from selection.choosing.expectations import Facts
from selection.choosing.number_words import MOST_NAMED, ordinal
from selection.preferences import Constraints

Verdict = Removed | None


_ROUNDING = 1e-9


@dataclass(frozen=True, slots=True, kw_only=True)
class Filtered:
    """Positions of the remaining candidates, and the removed ones with the first reason."""

    left: list[int]
    removed: list[Removed]


@dataclass(frozen=True, slots=True)
class _Limit:
    """A numeric constraint, with the words of a refusal."""

    name: str
    says: str
    over: str
    unit: str
    thing: str
    at: str = ""
    """Text after the unit, such as the percentile."""
    prefix: str = ""
    is_least: bool = False
    scale: float = 1.0

    def verdict(self, candidate: Choosable, value: float, limit: float, *, n_cached: int = 0) -> Verdict:
        """Return None where the limit is satisfied.

        Args:
            candidate: The candidate.
            value: Its value; NaN: unknown.
            limit: The limit.
            n_cached: Number of answers that do not count, since servers had cached their prompts.
        """
        if math.isnan(value):
            limit_text = f"{self.prefix}{limit * self.scale:,.10g}{self.unit}{self.at}"
            word = "at least" if self.is_least else "at most"
            kept = f" (servers had cached the prompts of its {counted(n_cached, 'answer')})" if n_cached else ""
            reason = f"its {self.thing} is not known{kept}, but {word} {limit_text} is required"
            return Removed(candidate=candidate, constraint=self.name, reason=reason, limit=limit)
        # A mean of equal numbers may differ from them in its last digit.
        if (value >= limit * (1 - _ROUNDING)) if self.is_least else (value <= limit * (1 + _ROUNDING)):
            return None
        shown, allowed = beyond(value * self.scale, limit * self.scale)
        reason = f"{self.says} {self.prefix}{shown}{self.unit}{self.at}, {self.over} {self.prefix}{allowed}{self.unit}"
        return Removed(candidate=candidate, constraint=self.name, reason=reason, value=value, limit=limit)


def apply_constraints(
    candidates: Sequence[Choosable],
    facts: Facts,
    constraints: Constraints,
    *,
    is_fraction: bool,
    min_cases: int,
    task: str | None = None,
) -> Filtered:
    """Filter the candidates by one constraint after the other: capabilities, then requirements, then quality.

    Args:
        candidates: All known candidates.
        facts: Their known values.
        constraints: The constraints; a candidate with an unknown value violates the constraint on it.
        is_fraction: Whether a quality is shown in percent.
        min_cases: Minimum number of cases on which a candidate was measured.
        task: The task on which their own failures count; None: all.

    Raises:
        SelectionError: no candidate is left; names the constraint that removed the last one, and the nearest miss.
    """
    left, removed = list(range(len(candidates))), list[Removed]()
    for name, verdict in _rules(candidates, facts, constraints, is_fraction, min_cases, task):
        verdicts = [(place, verdict(place)) for place in left]
        out = [_with_quality(removal, facts, place) for place, removal in verdicts if removal is not None]
        left = [place for place, removal in verdicts if removal is None]
        removed += out
        if out and not left:
            raise _none_left(name, out, removed)
    return Filtered(left=left, removed=removed)


def _with_quality(removal: Removed, facts: Facts, place: int) -> Removed:
    """Return the removal with the candidate's expected quality, which tells whether a better one was ruled out."""
    return replace(removal, quality=facts.told[place]) if facts.n_measured[place] else removal


def _rules(
    candidates: Sequence[Choosable],
    facts: Facts,
    constraints: Constraints,
    is_fraction: bool,
    min_cases: int,
    task: str | None,
) -> Iterator[tuple[str, Callable[[int], Verdict]]]:
    if min_cases > 0:
        yield "not_measured", lambda i: _unmeasured(candidates[i], facts.n_measured[i], min_cases)
    yield "own_failures", lambda i: _failing(candidates[i], task)
    yield _by_reason("not_ready", candidates, lambda candidate: candidate.not_ready)
    if constraints.models_only:
        yield _by_reason("models_only", candidates, _why_no_model)
    if constraints.capabilities:
        yield _by_reason("capabilities", candidates, partial(_why_incapable, constraints.capabilities))
    if constraints.endpoints:
        yield _by_reason("endpoints", candidates, partial(_why_elsewhere, constraints.endpoints))
    for limit, values in _limits(facts, is_fraction):
        bound = getattr(constraints, limit.name)
        if bound is not None:
            n_cached = facts.n_cached if limit.thing in _OF_FRESH_PROMPTS else [0] * len(candidates)
            yield limit.name, _checked(candidates, limit, values, bound, n_cached)


_OF_FRESH_PROMPTS = ("latency", "energy")


def _checked(
    candidates: Sequence[Choosable], limit: _Limit, values: Sequence[float], bound: float, n_cached: Sequence[int]
) -> Callable[[int], Verdict]:
    return lambda i: limit.verdict(candidates[i], values[i], bound, n_cached=n_cached[i])


def _limits(facts: Facts, is_fraction: bool) -> tuple[tuple[_Limit, Sequence[float]], ...]:
    at = f" at the {ordinal(facts.percentile)}"
    share = {"unit": " %", "scale": 100.0} if is_fraction else {"unit": "", "scale": 1.0}
    return (
        (_Limit("max_memory_gb", "takes", "over", " GB", "memory"), facts.memory_gb),
        (_Limit("max_latency_s", "takes", "over", " s", "latency", at), facts.latency_s),
        (
            _Limit("max_cost_per_1k", "costs", "over", "", "cost", " for 1,000 answers", prefix="$"),
            facts.cost_per_1k,
        ),
        (_Limit("max_energy_j", "takes", "over", " J", "energy", " an answer"), facts.energy_j),
        (
            _Limit("min_quality", "is expected at", "under", thing="quality", is_least=True, **share),  # type: ignore[arg-type]
            facts.told,
        ),
    )


def _unmeasured(candidate: Choosable, n_cases: int, min_cases: int) -> Verdict:
    if n_cases >= min_cases:
        return None
    measured = f"was measured on {counted(n_cases, 'case')}" if n_cases else "was not measured on it"
    return Removed(
        candidate=candidate,
        constraint="not_measured",
        reason=f"{measured}; {min_cases} are needed",
        value=float(n_cases),
        limit=float(min_cases),
    )


MOST_OWN_FAILURES = 0.9
"""Share of own failures from which on a candidate is never named: what it answers is no sample of what it would."""


def nearly_always_fails(candidate: Choosable, task: str | None) -> bool:
    """Check whether a candidate fails by itself too often to be named, on the task or, without one, on all."""
    n, of_n, _ = _own_failures(candidate, task)
    return of_n > 0 and n >= MOST_OWN_FAILURES * of_n


def _own_failures(candidate: Choosable, task: str | None) -> tuple[int, int, str]:
    of_task = [failed for name, failed in candidate.own_failures.items() if task in (None, name)]
    kind = of_task[0].kind if of_task else ""
    return sum(failed.n for failed in of_task), sum(failed.of_n for failed in of_task), kind


def _failing(candidate: Choosable, task: str | None) -> Verdict:
    if not nearly_always_fails(candidate, task):
        return None
    n, of_n, kind = _own_failures(candidate, task)
    return Removed(
        candidate=candidate,
        constraint="own_failures",
        reason=f"failed by itself in {n:,} of {counted(of_n, 'answer')}, mostly by {kind}",
        value=n / of_n,
        limit=MOST_OWN_FAILURES,
    )


def _by_reason(
    name: str, candidates: Sequence[Choosable], reason_of: Callable[[Choosable], str | None]
) -> tuple[str, Callable[[int], Verdict]]:
    """Return a constraint by the reason for which it rules a candidate out; None: it does not."""

    def verdict(place: int) -> Verdict:
        reason = reason_of(candidates[place])
        return None if reason is None else Removed(candidate=candidates[place], constraint=name, reason=reason)

    return name, verdict


def _why_no_model(candidate: Choosable) -> str | None:
    return "is a program, not a model" if candidate.is_program else None


def _why_incapable(required: Sequence[str], candidate: Choosable) -> str | None:
    missing = [capability for capability in required if capability not in candidate.capabilities]
    if not missing:
        return None
    has = listed(sorted(candidate.capabilities), MOST_NAMED)
    return f"lacks {listed(missing, MOST_NAMED)}; {f'it has {has}' if has else 'it is known to have none'}"


def _why_elsewhere(allowed: Sequence[str], candidate: Choosable) -> str | None:
    names = [place.name for place in candidate.places]
    if any(place.is_one_of(allowed) for place in candidate.places):
        return None
    where = f"is served by {listed(names, MOST_NAMED)}" if names else "no server is known to have it"
    return f"{where}; allowed: {listed(allowed, MOST_NAMED)}"


RULED_OUT_BY = {
    "not_measured": "too few measured cases",
    "own_failures": "nearly always failing",
    "not_ready": "not being ready to call",
    "models_only": "not being a model",
    "capabilities": "the capabilities",
    "endpoints": "the endpoints",
    "max_memory_gb": "the limit on memory",
    "max_latency_s": "the limit on latency",
    "max_cost_per_1k": "the limit on cost",
    "max_energy_j": "the limit on energy",
    "min_quality": "the minimum quality",
}
"""Reason for exclusion as text, by constraint."""


def _none_left(name: str, last: Sequence[Removed], removed: Sequence[Removed]) -> SelectionError:
    nearest = _nearest_miss(last)
    message = (
        f"no candidate meets the constraints: {RULED_OUT_BY[name]} ruled out the last "
        f"{len(last) if len(last) > 1 else 'one'}. Nearest is {nearest.candidate.label}: {as_sentence(nearest.reason)}"
    )
    before: dict[str, int] = {}
    for removal in removed[: len(removed) - len(last)]:
        before[removal.constraint] = before.get(removal.constraint, 0) + 1
    if before:
        message += f" Before that, {listed([f'{RULED_OUT_BY[key]} ruled out {n:,}' for key, n in before.items()])}."
    return SelectionError(one_line(message), one_line(_next_step(name, nearest, last)))


def _nearest_miss(removed: Sequence[Removed]) -> Removed:
    """Return the candidate closest to its limit; those with unknown values come last."""
    return min(
        removed,
        key=lambda removal: (
            removal.value is None,
            abs(removal.value - removal.limit) if removal.value is not None and removal.limit is not None else 0.0,
            removal.candidate.label,
        ),
    )


def _next_step(name: str, nearest: Removed, last: Sequence[Removed]) -> str:
    if name == "not_ready":
        return "Pull or register its weights again, or evaluate another candidate."
    if name == "own_failures":
        return "`benchwright show RUN` says why it fails: mend it, or evaluate another candidate."
    if name == "not_measured":
        return "Evaluate more cases of this task."
    if name == "models_only":
        return "Evaluate a model on this task, or let programs be named too."
    if name in ("capabilities", "endpoints"):
        available = _values_of(name, [removal.candidate for removal in last])
        if not available:
            return f"None of them has known {name}: require none, or evaluate a candidate that has them."
        return f"Known {name}: {listed(available, 10)}. Require only these, or evaluate a candidate that has others."
    if nearest.value is None:
        return f"Leave {name} out, or evaluate again where it is measured."
    enough = rounded_to_hold(nearest.value, is_least=name == "min_quality")
    return f"Allow {name}={enough:.6g} or looser, or evaluate another candidate."


def _values_of(name: str, candidates: Sequence[Choosable]) -> list[str]:
    """Return the values that candidates have, in the form of a constraint."""
    if name == "capabilities":
        return sorted({capability for candidate in candidates for capability in candidate.capabilities})
    return sorted({place.name for candidate in candidates for place in candidate.places})
