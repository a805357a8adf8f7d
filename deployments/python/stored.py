"""Functions that read stored runs, cases, scores, stages, comparisons, races, sweeps, recorded calls and alerts."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from deployments.cli.callers import quietly
from deployments.python.checking import plainly

if TYPE_CHECKING:
    from deployments.python.options import Texts
    from evaluation.exports.filters import Filters
    from evaluation.results.cases import CaseResult
    from evaluation.results.comparisons import ComparisonResult
    from evaluation.results.listings import AlertList, CaseList, RunList, ScoreList, StageList, TrafficList
    from evaluation.results.races import RaceResult
    from evaluation.results.runs import RunResult
    from evaluation.results.sweeps import SweepResult
    from evaluation.store.session import Store


@plainly
def runs(
    *,
    limit: int = 20,
    all: bool = False,
    experiment: str | None = None,
    db: str | None = None,
) -> "RunList":
    """Return the stored runs, the newest first, as `benchwright runs list` does.

    Args:
        limit: Number of newest ones to return.
        all: Every run, archived ones too.
        experiment: Only runs of this experiment.
        db: Results database: a path or a URL.

    Raises:
        UnknownNameError: no such experiment.
        StoreError: the database is not there, or cannot be opened.
    """
    from evaluation.results.listings import RunList
    from evaluation.store.experiments import find_experiment
    from evaluation.store.summaries import list_runs

    with opened(db) as store:
        of = find_experiment(store, experiment).experiment_id if experiment is not None else None
        return RunList(list_runs(store, limit=None if all else limit, include_archived=all, experiment_id=of))


@plainly
def load_run(run: str = "last", *, db: str | None = None) -> "RunResult":
    """Return the result of a run, as `benchwright show` does.

    Args:
        run: Id of the run, a prefix of one, or `last`.
        db: Results database: a path or a URL.

    Raises:
        UnknownNameError: no such run.
        StoreError: the database is not there, or cannot be opened.
    """
    from evaluation.run_results.run_result import run_result

    with opened(db) as store:
        return run_result(store, run)


@plainly
def load_case(case: str, *, run: str = "last", db: str | None = None) -> "CaseResult":
    """Return one case of a run in full, as `benchwright show --case` does.

    Args:
        case: The id of the case.
        run: Id of the run, a prefix of one, or `last`.
        db: Results database: a path or a URL.

    Raises:
        UnknownNameError: no such run, or no such case.
        StoreError: the database is not there, or cannot be opened.
    """
    from evaluation.run_results.case_result import case_result

    with opened(db) as store:
        return case_result(store, run, case)


@plainly
def load_cases(
    run: str = "last",
    *,
    candidate: "Texts" = (),
    metric: "Texts" = (),
    case: "Texts" = (),
    failed: bool | None = None,
    db: str | None = None,
) -> "CaseList":
    """Return the outcome of every case, as `benchwright export --table answers` does.

    Args:
        run: A run, or an experiment: all its runs.
        candidate: Only these candidates.
        metric: Only scores of these metrics.
        case: Only these cases.
        failed: True: only failures of the server; False: only answers.
        db: Results database: a path or a URL.

    Raises:
        UnknownNameError: no such run, candidate, metric or case.
        StoreError: the database is not there, or cannot be opened.
    """
    from evaluation.exports.listings import case_list

    with opened(db) as store:
        return case_list(store, run, filters_of(candidate, metric, case, failed))


@plainly
def load_scores(
    run: str = "last",
    *,
    candidate: "Texts" = (),
    metric: "Texts" = (),
    case: "Texts" = (),
    db: str | None = None,
) -> "ScoreList":
    """Return every score of every answer, as `benchwright export --table scores` does.

    Args:
        run: A run, or an experiment: all its runs.
        candidate: Only these candidates.
        metric: Only these metrics.
        case: Only these cases.
        db: Results database: a path or a URL.

    Raises:
        UnknownNameError: no such run, candidate, metric or case.
        StoreError: the database is not there, or cannot be opened.
    """
    from evaluation.exports.listings import score_list

    with opened(db) as store:
        return score_list(store, run, filters_of(candidate, metric, case, None))


@plainly
def load_stages(
    run: str = "last",
    *,
    candidate: "Texts" = (),
    case: "Texts" = (),
    db: str | None = None,
) -> "StageList":
    """Return every stage of the candidates' pipelines, as `benchwright export --table stages` does.

    Args:
        run: A run, or an experiment: all its runs.
        candidate: Only these candidates.
        case: Only these cases.
        db: Results database: a path or a URL.

    Raises:
        UnknownNameError: no such run, candidate or case.
        ConfigurationError: no candidate has a pipeline.
        StoreError: the database is not there, or cannot be opened.
    """
    from evaluation.exports.listings import stage_list

    with opened(db) as store:
        return stage_list(store, run, filters_of(candidate, (), case, None))


@plainly
def load_comparison(comparison: str = "last", *, db: str | None = None) -> "ComparisonResult":
    """Return a stored comparison.

    Args:
        comparison: Id of the comparison, a prefix of one, or `last`, which is the newest.
        db: Results database: a path or a URL.

    Raises:
        UnknownNameError: no such comparison.
        StoreError: the database is not there, or cannot be opened.
    """
    from evaluation.store.comparisons import find_comparison

    with opened(db) as store:
        return find_comparison(store, comparison).result


@plainly
def load_race(run: str = "last", *, db: str | None = None) -> "RaceResult":
    """Return what a race found.

    Args:
        run: Its run's id, the beginning of one, or `last`, which is the newest race's.
        db: Results database: a path or a URL.

    Raises:
        UnknownNameError: no such run.
        ConfigurationError: the run is not a race.
        StoreError: the database is not there, or cannot be opened.
    """
    from evaluation.run_results.race_result import race_result
    from evaluation.store.search_runs import find_race_run

    with opened(db) as store:
        return race_result(store, find_race_run(store, run).plan.invocation_id)


@plainly
def load_sweep(run: str = "last", *, db: str | None = None) -> "SweepResult":
    """Return what a sweep found, as `benchwright sweep --show` does.

    Args:
        run: Its run's id, the beginning of one, or `last`, which is the newest sweep's.
        db: Results database: a path or a URL.

    Raises:
        UnknownNameError: no such run.
        ConfigurationError: the run is not a sweep.
        StoreError: the database is not there, or cannot be opened.
    """
    from evaluation.run_results.sweep_result import sweep_outcome
    from evaluation.store.search_runs import find_sweep_run

    with opened(db) as store:
        return sweep_outcome(store, find_sweep_run(store, run).plan.invocation_id)


@plainly
def load_traffic(
    *,
    task: str | None = None,
    candidate: str | None = None,
    since: str | None = None,
    calls: int | None = None,
    failed: bool = False,
    db: str | None = None,
) -> "TrafficList":
    """Return the recorded calls of production one by one, as `benchwright traffic list --calls` does.

    Args:
        task: Only this task.
        candidate: Only this candidate.
        since: Calls from then on: `24h`, `7d`, `2w` or a date; None: all.
        calls: Number of newest ones to return; None: all.
        failed: Only those that failed.
        db: Results database: a path or a URL.

    Raises:
        ConfigurationError: `since` is not a time.
        StoreError: the database is not there, or cannot be opened.
    """
    from deployments.cli.traffic.command import read_since
    from evaluation.results.listings import TrafficList
    from evaluation.store.traffic import list_traffic

    begin, ok = read_since(since), False if failed else None
    with opened(db) as store:
        return TrafficList(list_traffic(store, task=task, candidate=candidate, since=begin, ok=ok, limit=calls))


@plainly
def load_alerts(
    *,
    all: bool = False,
    rule: str | None = None,
    task: str | None = None,
    candidate: str | None = None,
    db: str | None = None,
) -> "AlertList":
    """Return the open alerts of the monitor, as `benchwright alerts list` does.

    Args:
        all: Include alerts that are over.
        rule: Only for this rule.
        task: Only for this task or benchmark.
        candidate: Only for this candidate.
        db: Results database: a path or a URL.

    Raises:
        UnknownNameError: no such rule.
        StoreError: the database is not there, or cannot be opened.
    """
    from deployments.cli.alerts import alerts_that_fit
    from evaluation.results.listings import AlertList

    with opened(db) as store:
        return AlertList(alerts_that_fit(store, all_=all, rule=rule, task=task, candidate=candidate))


@contextmanager
def opened(db: str | None) -> "Iterator[Store]":
    """Open an existing store; nothing is printed.

    Raises:
        StoreError: it does not exist.
    """
    from deployments.cli.arguments import open_stored

    with quietly(), open_stored(db) as store:
        yield store


def filters_of(candidate: "Texts", metric: "Texts", case: "Texts", failed: bool | None) -> "Filters":
    """Return which rows of a table to take."""
    from evaluation.exports.filters import Filters

    return Filters(candidates=several(candidate), metrics=several(metric), cases=several(case), failed=failed)


def several(texts: "Texts") -> tuple[str, ...]:
    """Return one text or several as a tuple."""
    return (texts,) if isinstance(texts, str) else tuple(texts)
