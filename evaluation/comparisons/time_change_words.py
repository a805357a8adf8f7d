"""Changes of speed in sentences, with their intervals, and what they do not say."""

from collections.abc import Mapping, Sequence

from evaluation.comparisons.time_changes import USUAL_RATIO
from evaluation.errors import as_sentence
from evaluation.formatting import counted, listed, measured, p_value, percent, quantity
from evaluation.results.time_changes import TimeChange

MOST_NAMED = 5
ONE_RUN_EACH = (
    "Intervals are over the cases, and allow for all of these figures together. What else the server did during one of "
    f"two runs they do not know, so that a difference of up to {percent(USUAL_RATIO - 1)} is not called slower. "
    "“Times” is the geometric mean of the ratios case by case, not the ratio of the two means."
)
_WORDS: Mapping[str, tuple[str, str]] = {
    "latency_s": ("an answer takes", "as long"),
    "tokens_per_s": ("it writes", "as many tokens a second"),
}
_UNITS: Mapping[str, str] = {"latency_s": " s", "tokens_per_s": " tokens/s"}


def lead_sentence(changes: Sequence[TimeChange]) -> str | None:
    """Return who became slower or faster; None where nothing was timed."""
    if not changes:
        return None
    parts = []
    for pace in ("slower", "faster"):
        if names := list(dict.fromkeys(each.candidate for each in changes if each.pace == pace)):
            parts.append(f"{pace}: {listed(names, MOST_NAMED)}")
    told = {each.candidate for each in changes if each.pace in ("slower", "faster")}
    others = len({each.candidate for each in changes} - told)
    if not parts:
        return "No candidate is shown to be slower or faster."
    rest = f"; {'all others' if others > 1 else 'the other one'}: not shown" if others else ""
    text = "; ".join(parts) + rest
    return as_sentence(f"{text[0].upper()}{text[1:]}")


def change_sentence(change: TimeChange, *, before: str = "in the first", now: str = "in the second run") -> str:
    """Return the sentence about one figure of a candidate.

    Args:
        change: The change.
        before: When the earlier run was.
        now: When the later one was.
    """
    verb, how = _WORDS[change.metric]
    remarks = f" ({'; '.join(change.remarks)})" if change.remarks else ""
    if change.ratio is None or change.first is None or change.second is None:
        return as_sentence(f"{change.candidate}: whether {verb} {how} as before cannot be told{remarks}")
    unit = _UNITS[change.metric]
    size = (
        f"{verb} {_times(change)} {how} {now} as {before}: {measured(change.second)}{unit} against "
        f"{measured(change.first)}{unit}, {p_value(change.p_value)}, {counted(change.n_cases, 'case')}"
    )
    return as_sentence(f"{change.candidate} {_verdict(change)}: {size}{remarks}")


def _times(change: TimeChange) -> str:
    if change.low is None or change.high is None:
        return f"{quantity(change.ratio or 0.0)} times [no interval]"
    return f"{quantity(change.ratio or 0.0)} times [{quantity(change.low)}, {quantity(change.high)}]"


def _verdict(change: TimeChange) -> str:
    match change.pace:
        case "slower" | "faster":
            return f"is {change.pace}"
        case "slightly slower" | "slightly faster":
            word = change.pace.removeprefix("slightly ")
            return f"is {word}, perhaps by no more than two runs of one server often differ"
        case "alike":
            return f"is as fast as before, within {percent(USUAL_RATIO - 1)}"
        case _:
            return "is not shown to be slower or faster"
