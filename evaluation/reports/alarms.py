"""What in a run's results points at a fault in the measuring, rather than at bad candidates?

A score near chance for every candidate is mostly a broken extraction; a metric that says the same of every answer tells
nobody apart; answers that were cut, empty or not read score low for reasons that have nothing to do with knowledge.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache

from evaluation.errors import FailureKind
from evaluation.metrics.measuring import NONSENSE, RAISED
from evaluation.reports.metric_facts import best_value, chance_level, higher_is_better, is_guessed_among_choices
from evaluation.reports.tables import counted
from evaluation.store.alarm_counts import ScoreSpread, count_cut, score_spreads
from evaluation.store.benchmarks import load_cases
from evaluation.store.records import EstimateRow, MetricUse, OutcomeCounts, RunRecord
from evaluation.store.runs import run_case_ids
from evaluation.store.session import Store

TOO_MANY = 0.05
"""The share of a candidate's answers above which something is said."""
ENOUGH_CASES = 10
"""Below so many cases, values that are all alike, or an interval around chance, say nothing."""
EXTRACTION_FAILED = ("not_extracted", "no_number")
"""Labels by which metrics say that they found nothing to compare."""
CASES_FOR_CHANCE = 1000
"""Over so many cases of the run, its first ones, the chance of a right guess is averaged."""
MEAN = "mean"

_OWN_STEPS: Mapping[FailureKind, str] = {
    FailureKind.EMPTY_ANSWER: "look at the prompt, and at `stop` among the options",
    FailureKind.THINKING_USED_UP_THE_BUDGET: "raise num_predict, or turn thinking off with think=false",
    FailureKind.REPEATED_ITSELF: "raise repeat_penalty or the temperature",
    FailureKind.PROMPT_TOO_LONG: "raise num_ctx",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Alarm:
    """One sign of a fault."""

    kind: str
    """`near_chance`, `zero_variance`, `extraction_failed`, `empty_answers`, `cut_answers`, `score_failures` or
    `no_number`."""
    metric: str | None
    candidate: str | None
    """None: all of them."""
    share: float | None
    """Of the answers or scores, in [0, 1]; None for an alarm that counts none."""
    n: int
    """How many answers or scores it is about; for `near_chance` and `zero_variance`, how many cases."""
    message: str
    """What it is and what to do next."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Findings:
    """What is known of a run when it is looked through."""

    run: RunRecord
    words: Mapping[MetricUse, str]
    """What each metric is called that was measured on all answers: planned, or scored later."""
    labels: Mapping[int, str]
    """What each candidate is called, by its row."""
    counts: Mapping[int, OutcomeCounts]
    estimates: Mapping[int, Sequence[EstimateRow]]
    score_failures: Mapping[int, Sequence[tuple[MetricUse, Mapping[str, int]]]]
    """How many scores could not be had, by metric and kind."""

    def estimate(self, row_id: int, use: MetricUse) -> EstimateRow | None:
        """A candidate's value on a metric; None where it has none."""
        found = (row for row in self.estimates.get(row_id, ()) if row.metric == use and row.quantity == MEAN)
        return next(found, None)

    @property
    def look(self) -> str:
        """How to look at one answer."""
        return f"benchwright show {self.run.plan.run_id} --case ID"


def find_alarms(store: Store, findings: Findings) -> tuple[Alarm, ...]:
    """Every alarm of a run: those about all candidates first, then candidate by candidate."""
    signatures = [use.signature for use in findings.words]
    spreads = {
        row_id: {found.signature: found for found in score_spreads(store, row_id, signatures, labels=EXTRACTION_FAILED)}
        for row_id in findings.labels
    }
    near_chance = list(_near_chance(store, findings))
    alarmed = {alarm.metric for alarm in near_chance}
    alarms = near_chance + list(_without_variance(findings, spreads, alarmed))
    for row_id in findings.labels:
        alarms += _of_candidate(store, findings, row_id, spreads[row_id])
    return tuple(alarms)


def _near_chance(store: Store, findings: Findings) -> Iterator[Alarm]:
    """For each metric on which no candidate is above chance; for the headline, also where everybody has 0."""
    among_choices = cache(lambda: _chance_among_choices(store, findings.run))
    for use, word in findings.words.items():
        found = [findings.estimate(row_id, use) for row_id in findings.labels]
        rows = [row for row in found if row is not None]
        if not rows or len(rows) < len(found) or not higher_is_better(use.name, use.signature):
            continue
        n = min(row.estimate.n_cases for row in rows)
        chance = among_choices() if is_guessed_among_choices(use.name) else chance_level(use.name)
        if word == findings.run.plan.headline and chance != 0 and all(row.estimate.value == 0 for row in rows):
            yield _at_fault(findings, word, n, f"{word} is 0 for every candidate")
        elif chance is not None and n >= ENOUGH_CASES and all(_least(row) <= chance for row in rows):
            yield _at_fault(findings, word, n, f"{word} cannot be told from guessing ({chance:.3g}) for any candidate")


def _least(row: EstimateRow) -> float:
    return row.estimate.value if row.estimate.low is None else row.estimate.low


def _chance_among_choices(store: Store, run: RunRecord) -> float | None:
    """The share of cases that a blind guess among their choices gets right; None where there are no choices."""
    shares: list[float] = []
    for page in run_case_ids(store, run.plan.run_id):
        cases = load_cases(store, run.plan.benchmark_version, page)
        shares += [1 / len(case.choices) for case in cases if case.choices]
        if len(shares) >= CASES_FOR_CHANCE:
            break
    return sum(shares) / len(shares) if shares else None


def _at_fault(findings: Findings, word: str, n: int, what: str) -> Alarm:
    message = f"{what}: look at an answer ({findings.look}), since the extraction may be at fault, not the models"
    return Alarm(kind="near_chance", metric=word, candidate=None, share=None, n=n, message=message)


def _without_variance(
    findings: Findings, spreads: Mapping[int, Mapping[str, ScoreSpread]], alarmed: set[str | None]
) -> Iterator[Alarm]:
    """For each metric that says the same of all answers: of everybody's in one alarm, else candidate by candidate."""
    for use in findings.words:
        same = {
            row_id: spread
            for row_id in findings.labels
            if (spread := spreads[row_id].get(use.signature)) is not None
            and _is_constant(findings, row_id, use, spread)
        }
        values = {spread.least for spread in same.values()}
        if not same or findings.words[use] in alarmed:
            continue
        if len(same) == len(findings.labels) and len(values) == 1:
            n = min(_n_cases(findings, row_id, use) for row_id in same)
            yield _tells_nobody_apart(findings, use, values.pop(), n)
            continue
        for row_id, spread in same.items():
            n = _n_cases(findings, row_id, use)
            message = (
                f"{findings.labels[row_id]}: {findings.words[use]} is {spread.least:g} in every one of {n:,} cases; "
                f"look at two answers ({findings.look}) whether they deserve the same"
            )
            yield Alarm(
                kind="zero_variance",
                metric=findings.words[use],
                candidate=findings.labels[row_id],
                share=None,
                n=n,
                message=message,
            )


def _is_constant(findings: Findings, row_id: int, use: MetricUse, spread: ScoreSpread) -> bool:
    return spread.least == spread.greatest and _n_cases(findings, row_id, use) >= ENOUGH_CASES


def _n_cases(findings: Findings, row_id: int, use: MetricUse) -> int:
    row = findings.estimate(row_id, use)
    return 0 if row is None else row.estimate.n_cases


def _tells_nobody_apart(findings: Findings, use: MetricUse, value: float, n: int) -> Alarm:
    word = findings.words[use]
    step = "take harder cases" if value == best_value(use.name) else f"look at an answer ({findings.look})"
    message = (
        f"{word} is {value:g} for every answer of every candidate ({counted(n, 'case')}): it tells nobody apart; "
        f"{step}, or take another metric"
    )
    return Alarm(kind="zero_variance", metric=word, candidate=None, share=None, n=n, message=message)


def _of_candidate(store: Store, findings: Findings, row_id: int, spreads: Mapping[str, ScoreSpread]) -> Iterator[Alarm]:
    yield from _not_extracted(findings, row_id, spreads)
    yield from _empty(findings, row_id)
    counts = findings.counts[row_id]
    yield from _cut(findings, row_id, count_cut(store, row_id), counts.n_ok + counts.n_own_failed)
    yield from _not_scored(findings, row_id, spreads)
    yield from _without_number(findings, row_id, spreads)


def _not_extracted(findings: Findings, row_id: int, spreads: Mapping[str, ScoreSpread]) -> Iterator[Alarm]:
    """Once for metrics that read the same from an answer: they fail on the same answers."""
    by_count: dict[tuple[int, int], list[str]] = {}
    for use in findings.words:
        spread = spreads.get(use.signature)
        if spread is not None and _is_too_many(spread.n_labelled, spread.n):
            by_count.setdefault((spread.n_labelled, spread.n), []).append(findings.words[use])
    for (n, n_all), names in by_count.items():
        what = f"gave {', '.join(names)} nothing to compare, and count as wrong"
        step = f"look at one ({findings.look}), then ask for the form of the answer in the prompt"
        yield _share_alarm(findings, row_id, "extraction_failed", names[0], n, n_all, what, step)


def _empty(findings: Findings, row_id: int) -> Iterator[Alarm]:
    counts = findings.counts[row_id]
    n_all = counts.n_ok + counts.n_own_failed
    if not _is_too_many(counts.n_own_failed, n_all):
        return
    kinds = sorted(counts.own_failures.items(), key=lambda found: (-found[1], found[0]))
    what = f"are empty or of no use ({', '.join(f'{n:,} {kind}' for kind, n in kinds if n)}), and count as empty"
    step = _OWN_STEPS.get(kinds[0][0], f"look at one ({findings.look})")
    yield _share_alarm(findings, row_id, "empty_answers", None, counts.n_own_failed, n_all, what, step)


def _cut(findings: Findings, row_id: int, n: int, n_all: int) -> Iterator[Alarm]:
    if _is_too_many(n, n_all):
        what, step = "were cut at num_predict", "raise num_predict, or ask for shorter answers"
        yield _share_alarm(findings, row_id, "cut_answers", None, n, n_all, what, step)


def _not_scored(findings: Findings, row_id: int, spreads: Mapping[str, ScoreSpread]) -> Iterator[Alarm]:
    """For scores that could not be had: too many of them, or any where the metric's own code is broken."""
    for use, kinds in findings.score_failures.get(row_id, ()):
        n = sum(kinds.values())
        spread = spreads.get(use.signature)
        n_all = n + (spread.n if spread is not None else 0)
        is_broken = any(kinds.get(kind) for kind in (RAISED, NONSENSE))
        if not is_broken and not _is_too_many(n, n_all):
            continue
        said = ", ".join(f"{count:,} {kind}" for kind, count in sorted(kinds.items()) if count)
        what = f"have no {findings.words.get(use, use.name)} ({said})"
        step = f"see why: {findings.look}" if is_broken else f"see why ({findings.look}), then score again"
        yield _share_alarm(findings, row_id, "score_failures", findings.words.get(use, use.name), n, n_all, what, step)


def _without_number(findings: Findings, row_id: int, spreads: Mapping[str, ScoreSpread]) -> Iterator[Alarm]:
    """For metrics that have scores, but failed to make a number of them."""
    if not findings.estimates.get(row_id):
        return
    for use in findings.words:
        spread = spreads.get(use.signature)
        if spread is not None and findings.estimate(row_id, use) is None:
            message = (
                f"{findings.labels[row_id]}: {findings.words[use]} has {counted(spread.n, 'score')} and no number over "
                "them: its combine() or aggregate() fails; mend it, then score again"
            )
            yield Alarm(
                kind="no_number",
                metric=findings.words[use],
                candidate=findings.labels[row_id],
                share=None,
                n=spread.n,
                message=message,
            )


def _is_too_many(n: int, n_all: int) -> bool:
    return n_all > 0 and n / n_all > TOO_MANY


def _share_alarm(
    findings: Findings, row_id: int, kind: str, metric: str | None, n: int, n_all: int, what: str, step: str
) -> Alarm:
    label = findings.labels[row_id]
    message = f"{label}: {n:,} of {counted(n_all, 'answer')} ({n / n_all:.0%}) {what}; {step}"
    return Alarm(kind=kind, metric=metric, candidate=label, share=n / n_all, n=n, message=message)
