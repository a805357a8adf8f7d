"""A stored recommendation in parts: the question, the answer, how sure it is, why no other, what would change it."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from evaluation.formatting import counted, listed, p_cell, p_value, percent, points, quantity, rounded_to_hold
from evaluation.records.selection import RecommendationRecord
from selection.choosing.limits import RULED_OUT_BY
from selection.choosing.number_words import MOST_NAMED, gap_interval, ordinal, quality, quality_interval
from selection.choosing.ties import ALPHA
from selection.decisions.decision_rows import past_of
from selection.pages.question import limit_rows, preference_rows

_SCALES = {
    "max_memory_gb": ("", " GB"),
    "max_latency_s": ("", " s"),
    "max_cost_per_1k": ("$", ""),
    "max_energy_j": ("", " J"),
    "not_measured": ("", " cases"),
}
"""Text before and after the figure of each limit; shares are shown in percent."""
_SHARES = ("min_quality", "own_failures")
_OPTIONS = {
    "max_memory_gb": "memory",
    "max_latency_s": "latency",
    "max_cost_per_1k": "cost",
    "max_energy_j": "energy",
}
"""What a limit that can be loosened is on."""


def question_rows(record: RecommendationRecord) -> list[tuple[str, str]]:
    """Return what was asked, a name and a text each."""
    question = past_of(record)
    limits = limit_rows(question.constraints)
    return [
        ("Task", question.task or "none in particular: all tasks"),
        ("Prompt", _prompt(record)),
        *(limits or [("Limits", "none")]),
        *preference_rows(question.weights, question.on_tie, question.tolerance),
    ]


def _prompt(record: RecommendationRecord) -> str:
    if record.prompt_hash is None:
        return "none: for the task as a whole"
    n_characters = record.details.get("prompt_characters")
    length = "" if n_characters is None else f" of {counted(n_characters, 'character')}"
    return f"one{length}" + ("; its text is below" if record.prompt is not None else "; its text was not stored")


def figure_rows(record: RecommendationRecord) -> list[dict[str, str]]:
    """Return the expected figures of the named candidate, each with its interval and with what it is."""
    expected, percentile = record.expected, past_of(record).constraints.percentile
    rows = []
    if measured := expected.get("measured"):
        cases = counted(measured["n_cases"], "case")
        rows.append(_figure("Measured quality", _share(measured["value"]), f"mean over the {cases} that it was asked"))
    if value := expected.get("quality"):
        rows.append(_figure("Expected quality", _share_with_interval(value), "mean over all of the task's cases"))
    if value := expected.get("latency_s"):
        rows.append(_figure(f"Latency, {ordinal(percentile)}", f"{_number(value)} s", _of(value, "timed answer")))
    if (memory := expected.get("memory_gb")) is not None:
        rows.append(_figure("Memory when loaded", f"{quantity(memory)} GB", expected.get("memory_basis") or ""))
    if value := expected.get("cost_per_1k"):
        rows.append(_figure("Cost of 1,000 answers", f"${_number(value)}", _of(value, "case")))
    if value := expected.get("energy_j"):
        rows.append(_figure("Energy of an answer", f"{_number(value)} J", _of(value, "case")))
    return rows


def _figure(name: str, shown: str, basis: str) -> dict[str, str]:
    return {"Figure": name, "Value [95 % interval]": shown, "What it is": basis}


def _of(value: Mapping[str, Any], noun: str) -> str:
    n_cases = value.get("n_cases")
    return "" if n_cases is None else f"of {counted(n_cases, noun)}"


def expected_quality(record: RecommendationRecord) -> str | None:
    """Return the expected quality of the named candidate with its interval; None where there is none."""
    value = record.expected.get("quality")
    return _share_with_interval(value) if value else None


def sureness_lines(record: RecommendationRecord) -> list[str]:
    """Return whether the named candidate is shown to be the best, with whom it is tied, and by which test."""
    if record.candidate_label is None:
        return []
    return list(_sureness(record))


def _sureness(record: RecommendationRecord) -> Iterator[str]:
    quality_of = record.expected.get("quality")
    if quality_of:
        yield f"Its expected quality is {_share_with_interval(quality_of)}; {counted(record.n_cases, 'case')} measured."
    others = [label for label in record.tied if label != record.candidate_label]
    apart = [(each["candidate"], each["behind"]) for each in record.alternatives if _is_behind(each)]
    behind = record.details.get("behind")
    if behind:
        best = record.alternatives[0]["candidate"] if record.alternatives else "another one"
        yield f"{best} has the higher estimate, by {_gap(behind)} ({p_value(behind['p_value'])})."
    if others:
        yield f"It is not shown to be the best: it cannot be told from {listed(others, MOST_NAMED)} on these cases."
    if apart:
        of = "The best of them" if behind else "It"
        largest = max(contrast["p_value"] for _, contrast in apart)
        told = listed([f"{label} by {_gap(contrast)}" for label, contrast in apart], MOST_NAMED)
        yield f"{of} is shown to be better than {told} ({p_value(largest)}{' at most' if len(apart) > 1 else ''})."
        yield f"Test: {apart[0][1]['test']}."
    if not record.alternatives:
        yield "No other candidate was left to hold it against."


def _is_behind(alternative: Mapping[str, Any]) -> bool:
    contrast = alternative.get("behind")
    return contrast is not None and contrast["p_value"] < ALPHA


def beaten_rows(record: RecommendationRecord) -> list[dict[str, str]]:
    """Return a row for the named candidate and each other that met the limits; columns without values are left out."""
    percentile = past_of(record).constraints.percentile
    named = {"candidate": record.candidate_label, "behind": record.details.get("behind"), **record.expected}
    if record.candidate_label is None:
        return []
    heading = {_TOGETHER: "Behind the best [all pairs]", _ALONE: "Behind the best [pair alone]"}
    behind = heading.get(_reading(record), "Behind the best")
    others = [_beaten(each, percentile, _verdict(each), behind) for each in record.alternatives]
    rows = [_beaten(named, percentile, "named", behind), *others]
    kept = [name for name in rows[0] if any(row[name] not in ("", "–") for row in rows)]
    return [{name: row[name] for name in kept} for row in rows]


def _beaten(numbers: Mapping[str, Any], percentile: float, verdict: str, behind: str) -> dict[str, str]:
    contrast, value, memory = numbers.get("behind"), numbers.get("quality"), numbers.get("memory_gb")
    return {
        "Candidate": str(numbers["candidate"]),
        "Verdict": verdict,
        "Expected quality [95 %]": _share_with_interval(value) if value else "–",
        behind: _gap(contrast) if contrast else "–",
        "p for all pairs": p_cell(contrast["p_value"]) if contrast else "–",
        "Pairs": f"{contrast['n_pairs']:,}" if contrast else "–",
        f"Latency s, {ordinal(percentile)}": _cell(numbers.get("latency_s")),
        "Memory GB, loaded": "–" if memory is None else quantity(memory),
        "How memory is known": numbers.get("memory_basis") or "–",
        "USD for 1,000 answers": _cell(numbers.get("cost_per_1k")),
        "J an answer": _cell(numbers.get("energy_j")),
    }


def _verdict(alternative: Mapping[str, Any]) -> str:
    if alternative.get("is_tied"):
        return "not told from the best"
    if _is_behind(alternative):
        return "shown to be worse"
    return "not compared" if alternative.get("behind") else "best estimate"


def reading_lines(record: RecommendationRecord) -> list[str]:
    """Return how to read the gaps, their intervals and p-values; empty where there are none."""
    if not _contrasts(record):
        return []
    reading = _reading(record)
    return ["Points are hundredths of quality, on the cases that both were asked.", *([reading] if reading else [])]


def _contrasts(record: RecommendationRecord) -> list[Mapping[str, Any]]:
    of_all = (record.details.get("behind"), *(each.get("behind") for each in record.alternatives))
    return [contrast for contrast in of_all if contrast]


def _reading(record: RecommendationRecord) -> str:
    """Return for how many pairs the intervals of gaps are; without intervals, what p is of; else nothing."""
    with_interval = [each for each in _contrasts(record) if each.get("low") is not None]
    if with_interval:
        return _ALONE if any(each.get("confidence_level") is None for each in with_interval) else _TOGETHER
    weights = past_of(record).weights
    return _OF_UTILITY if weights.latency or weights.cost or weights.energy else ""


_TOGETHER = (
    "Intervals and p are for all pairs together, and agree: where p is .05 or more the interval holds 0, and nobody is "
    "shown to be better. A round bracket: it ends at 0, which the test rules out."
)
_ALONE = (
    "An interval is of its pair alone, as an earlier version stored it; p is for all pairs, and decides: an interval "
    "without 0 beside a p of .05 or more shows no winner."
)
_OF_UTILITY = "p is of all that was weighed together, quality with time, cost or energy, and not of the points alone."


def ruled_out_rows(record: RecommendationRecord) -> list[dict[str, str]]:
    """Return a row for each candidate that was ruled out: by which limit, with its figure beside the limit."""
    return [
        {
            "Candidate": removal["candidate"],
            "Ruled out by": RULED_OUT_BY.get(removal["constraint"], removal["constraint"]),
            "Its figure": _of_limit(removal["constraint"], removal.get("value")),
            "Limit": _of_limit(removal["constraint"], removal.get("limit")),
            "Expected quality": "–" if removal.get("quality") is None else _share(removal["quality"]),
            "In words": removal["reason"],
        }
        for removal in record.details.get("removed", [])
    ]


def _of_limit(constraint: str, value: float | None) -> str:
    if value is None:
        return "not known" if constraint in _SCALES or constraint in _SHARES else "–"
    if constraint in _SHARES:
        return percent(value, digits=1)
    before, after = _SCALES.get(constraint, ("", ""))
    return f"{before}{quantity(value)}{after}"


def left_out_line(record: RecommendationRecord) -> str:
    """Return how many more candidates there were than are stored with the recommendation; empty where none."""
    n_more = record.details.get("n_alternatives", 0) - len(record.alternatives)
    n_out = record.details.get("n_removed", 0) - len(record.details.get("removed", []))
    parts = [f"{n_more:,} more that met the limits"] * (n_more > 0) + [f"{n_out:,} more that were ruled out"] * (
        n_out > 0
    )
    return f"Not stored with it: {listed(parts)}." if parts else ""


def change_lines(record: RecommendationRecord) -> list[str]:
    """Return what would give another answer: looser limits, more cases, other preferences."""
    return list(_changes(record))


def _changes(record: RecommendationRecord) -> Iterator[str]:
    mine = (record.expected.get("quality") or {}).get("value")
    removed: Sequence[Mapping[str, Any]] = record.details.get("removed", [])
    for removal in removed:
        name, theirs = removal["constraint"], removal.get("quality")
        if name not in _OPTIONS or theirs is None or (mine is not None and theirs <= mine):
            continue
        ahead = "" if mine is None else f", {points(theirs - mine)} points above"
        expects = f"its expected quality is {_share(theirs)}{ahead}"
        if removal.get("value") is None:
            yield f"If the {_OPTIONS[name]} of {removal['candidate']} were measured and within the limit: {expects}."
        else:
            least = _of_limit(name, rounded_to_hold(removal["value"]))
            yield f"A limit on {_OPTIONS[name]} of {least} or more would let {removal['candidate']} in: {expects}."
    others = [label for label in record.tied if label != record.candidate_label]
    if others and record.candidate_label is not None:
        yield (
            f"More cases may tell it from {listed(others, MOST_NAMED)}; a comparison says how many. Until then the "
            "preference among those near the best decides (`--on-tie`, `--tolerance`)."
        )
    unmeasured = [removal["candidate"] for removal in removed if removal["constraint"] == "not_measured"]
    if unmeasured:
        yield f"Too little is measured on this task of {listed(unmeasured, MOST_NAMED)}: an evaluation may change that."


def _gap(contrast: Mapping[str, Any]) -> str:
    difference = contrast.get("difference")
    if difference is None:
        return "–"
    reach = gap_interval(contrast.get("low"), contrast.get("high"), is_shown=contrast["p_value"] < ALPHA)
    return f"{points(difference)} points{reach}"


def _cell(value: Mapping[str, Any] | None) -> str:
    return "–" if not value else _number(value)


def _number(value: Mapping[str, Any]) -> str:
    low, high = value.get("low"), value.get("high")
    interval = "" if low is None or high is None or low == high else f" [{quantity(low)}, {quantity(high)}]"
    return f"{quantity(value['value'])}{interval}"


def _share(value: float) -> str:
    return quality(value, is_fraction=0 <= value <= 1)


def _share_with_interval(value: Mapping[str, Any]) -> str:
    is_fraction = 0 <= value["value"] <= 1
    shown = quality(value["value"], is_fraction=is_fraction)
    return shown + quality_interval(value.get("low"), value.get("high"), is_fraction=is_fraction)
