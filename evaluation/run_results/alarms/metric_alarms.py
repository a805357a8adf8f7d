"""Alarms about metrics near chance level or without variance."""

from collections.abc import Iterator, Mapping
from functools import cache

from evaluation.formatting import counted, quantity
from evaluation.metrics.metric_facts import best_value, chance_level, higher_is_better, is_guessed_among_choices
from evaluation.records.candidates import MetricUse
from evaluation.records.runs import RunRecord
from evaluation.records.scores import EstimateRow
from evaluation.results.runs import Alarm
from evaluation.run_results.alarms.alarm import Findings, Spreads
from evaluation.store.alarm_counts import ScoreSpread
from evaluation.store.benchmarks import load_cases
from evaluation.store.kept_readings import kept_or_read
from evaluation.store.run_cases import run_case_ids
from evaluation.store.session import Store

ENOUGH_CASES = 10
"""Least number of cases for an alarm on constant values or on an interval around chance."""
ENOUGH_ZEROS = 3
"""Least number of cases asked for an alarm on a headline of 0 for every candidate: fewer may all be hard."""
CASES_FOR_CHANCE = 1000
"""First cases of the run over which the chance of a right guess is averaged."""


def near_chance(store: Store, findings: Findings) -> Iterator[Alarm]:
    """Yield an alarm for each metric on which no candidate is above chance; for the headline, also where all have 0."""
    among_choices = cache(
        lambda: kept_or_read(
            store, findings.run.plan.run_id, "chance", None, lambda: _chance_among_choices(store, findings.run)
        )
    )
    for use, word in findings.words.items():
        estimates = [findings.estimate(row_id, use) for row_id in findings.labels]
        rows = [row for row in estimates if row is not None]
        if not rows or len(rows) < len(estimates) or not higher_is_better(use.name, use.signature):
            continue
        n = min(row.estimate.n_cases for row in rows)
        chance = among_choices() if is_guessed_among_choices(use.name) else chance_level(use.name)
        n_asked = n + max(figures.counts.n_failed for figures in findings.figures.values())
        is_headline = use.name == findings.run.plan.headline and chance != 0
        if is_headline and n_asked >= ENOUGH_ZEROS and all(row.estimate.value == 0 for row in rows):
            yield _at_fault(findings, word, n, f"{findings.title(use)} is 0 for every candidate")
        elif chance is not None and n >= ENOUGH_CASES and all(_least(row) <= chance for row in rows):
            what = f"{findings.title(use)} cannot be distinguished from guessing ({quantity(chance)}) for any candidate"
            yield _at_fault(findings, word, n, what)


def _least(row: EstimateRow) -> float:
    return row.estimate.value if row.estimate.low is None else row.estimate.low


def _chance_among_choices(store: Store, run: RunRecord) -> float | None:
    """Return the expected share of cases that a blind guess among their choices gets right; None without choices."""
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


def without_variance(findings: Findings, spreads: Mapping[int, Spreads], alarmed: set[str | None]) -> Iterator[Alarm]:
    """Yield an alarm for each metric that gives all answers the same value.

    One alarm where this holds for the answers of all candidates together, else one per candidate.
    """
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
            if spread.least == best_value(use.name):
                continue  # a perfect candidate beside others is news, and no fault
            n = _n_cases(findings, row_id, use)
            message = (
                f"{findings.labels[row_id]}: {findings.title(use)} is {quantity(spread.least)} in every one of {n:,} "
                f"scored cases; look at two answers ({findings.look}) whether they deserve the same"
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
    what = f"{findings.title(use)} is {quantity(value)} for every answer of every candidate"
    message = (
        f"{what} ({counted(n, 'scored case')}): it does not distinguish the candidates; {step}, or take another metric"
    )
    return Alarm(kind="zero_variance", metric=word, candidate=None, share=None, n=n, message=message)
