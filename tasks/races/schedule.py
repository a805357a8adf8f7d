"""The position of a race, read entirely from the store, so that a race that was killed resumes where it was."""

from collections.abc import Mapping
from dataclasses import dataclass

from evaluation.benchmarks.sampling import limited
from evaluation.metrics.guarded_calls import combining
from evaluation.metrics.metric import Metric
from evaluation.metrics.parsing import parse_metric
from evaluation.races.blocks import Block, next_block
from evaluation.races.grid import Grid, grid_of
from evaluation.races.raceable_metrics import refuse_unfit
from evaluation.races.resuming import n_cases_decided_on, resumed
from evaluation.races.rules import AnswerPrice, Spent
from evaluation.races.schedule import cut_confirmation
from evaluation.races.state import Decision, RaceState, Runner
from evaluation.records.labels import unique_labels
from evaluation.records.runs import RunRecord
from evaluation.requests.race_request import RaceRequest
from evaluation.resolution.benchmarks import resolve_benchmark
from evaluation.scoring.aggregation import case_values
from evaluation.store.benchmarks import case_clusters, case_ids_of, load_benchmark_version
from evaluation.store.plans import create_invocation
from evaluation.store.races import begin_race, load_decisions
from evaluation.store.runs import runs_of_invocation
from evaluation.store.session import Store
from evaluation.version import code_version
from tasks.load import LoadedBenchmark
from tasks.races.costs import race_costs
from tasks.store_calls import call_with_store


@dataclass(frozen=True, kw_only=True)
class RaceSchedule:
    """Configuration of a race, with what it had used before this process."""

    request: RaceRequest
    invocation_id: str
    benchmark: LoadedBenchmark
    metric: str
    """Metric that decides the race, in the form that `parse_metric` reads."""
    minutes_before: float
    notes: tuple[str, ...] = ()
    """Information for the user before the race starts."""


@dataclass(frozen=True, kw_only=True)
class Position:
    """Current state of a race."""

    state: RaceState
    grid: Grid
    """Scores on the cases that the race's decisions rest on."""
    spent: Spent
    prices: tuple[AnswerPrice, ...]
    """What an answer of each candidate takes, by its place."""
    decisions: tuple[Decision, ...]


@dataclass(frozen=True, kw_only=True)
class Step:
    """What is asked next."""

    name: str
    look: int
    n_cases: int
    """Number of cases, from the beginning of the race's order, up to which the candidates are asked."""
    n_cases_at_most: int
    """Number of cases of the whole race at most."""
    first_case: int
    """Index of the first case to ask; earlier ones are not asked, whatever is missing there."""
    keys: tuple[str, ...] | None
    """Fingerprints of the candidates to ask, the likeliest to continue last; None: all."""
    n_candidates: int
    is_confirmation: bool


async def lay_out(request: RaceRequest, invocation_id: str, benchmark: LoadedBenchmark) -> RaceSchedule:
    """Store the race, and return its schedule.

    Raises:
        ConfigurationError: the benchmark has no metric to race on.
    """
    return await call_with_store(_lay_out, request, invocation_id, benchmark)


def _lay_out(store: Store, request: RaceRequest, invocation_id: str, benchmark: LoadedBenchmark) -> RaceSchedule:
    headline = _headline(request, store, benchmark)
    refuse_unfit(headline)
    rules = request.rules(metric=headline.name, unit=headline.unit)
    request_fields = request.evaluation.model_dump(mode="json", exclude_defaults=True)
    create_invocation(store, invocation_id=invocation_id, request=request_fields, code_version=code_version())
    begin_race(store, invocation_id, request=request.own_fields, code_version=code_version())
    n_pool = len(_case_order(store, request, benchmark))
    notes = _notes(case_clusters(store, benchmark.version), cut_confirmation(rules, n_pool))
    minutes = [decision.evidence.get("minutes", 0.0) for decision in load_decisions(store, invocation_id)]
    return RaceSchedule(
        request=request,
        invocation_id=invocation_id,
        benchmark=benchmark,
        metric=headline.text,
        minutes_before=max(minutes, default=0.0),
        notes=notes,
    )


def _notes(clusters: Mapping[str, str], cut: str | None) -> tuple[str, ...]:
    cut_short = () if cut is None else (cut,)
    n_clusters = len(set(clusters.values()))
    if n_clusters < 2:
        return cut_short
    return (
        *cut_short,
        f"the cases form {n_clusters} clusters: the race finds the best candidate on questions from these clusters; "
        "whether that holds for others is for `compare` to test",
    )


def _headline(request: RaceRequest, store: Store, benchmark: LoadedBenchmark) -> Metric:
    resolved = resolve_benchmark(load_benchmark_version(store, benchmark.version, benchmark.name), request.evaluation)
    return next(metric for metric in resolved.metrics if metric.name == resolved.headline)


async def next_step(race_schedule: RaceSchedule, *, minutes: float) -> Step | None:
    """Return what is asked next; None: the race is over.

    Args:
        race_schedule: The race.
        minutes: That this process has taken.
    """
    return await call_with_store(_next_step, race_schedule, minutes)


def _next_step(store: Store, race_schedule: RaceSchedule, minutes: float) -> Step | None:
    run = run_of(store, race_schedule)
    here = position(store, race_schedule, minutes=minutes)
    _, block = next_block(here.state, here.grid, here.spent, here.prices)
    return None if block is None else _step(here.state, block, run)


def _step(state: RaceState, block: Block, run: RunRecord | None) -> Step:
    begun = run.plan.n_cases if run is not None else 0
    return Step(
        name=block.name,
        look=block.look,
        n_cases=max(block.n_cases, begun),  # a look that was cut off is resumed as it was begun
        n_cases_at_most=state.n_pool,
        first_case=block.first_case,
        keys=None if run is None else tuple(state.runners[place].key for place in block.places),
        n_candidates=len(block.places),
        is_confirmation=block.is_confirmation,
    )


def run_of(store: Store, race_schedule: RaceSchedule) -> RunRecord | None:
    """Return the race's run; None before its first round."""
    return next(iter(runs_of_invocation(store, race_schedule.invocation_id)), None)


def position(store: Store, race_schedule: RaceSchedule, *, minutes: float, n_cases: int | None = None) -> Position:
    """Return where the race stands by its stored decisions.

    Args:
        store: The store.
        race_schedule: The race.
        minutes: That this process has taken.
        n_cases: The cases whose scores are wanted; None: those that the decisions rest on.
    """
    run, decisions = run_of(store, race_schedule), load_decisions(store, race_schedule.invocation_id)
    metric = parse_metric(race_schedule.metric)
    order = case_order(store, race_schedule)
    n_wanted = max((decision.n_cases for decision in decisions), default=0) if n_cases is None else n_cases
    grid = _grid(store, run, metric, order[:n_wanted], n_candidates=_n_candidates(race_schedule))
    beginning = RaceState(
        rules=race_schedule.request.rules(metric=metric.name, unit=metric.unit),
        n_pool=len(order),
        runners=_runners(run, _n_candidates(race_schedule)),
    )
    state = resumed(beginning, decisions, grid.first(n_cases_decided_on(decisions)))
    minutes += race_schedule.minutes_before
    spent, prices = race_costs(store, run, race_schedule.request.evaluation, minutes=minutes)
    return Position(state=state, grid=grid, spent=spent, prices=prices, decisions=decisions)


def case_order(store: Store, race_schedule: RaceSchedule) -> tuple[str, ...]:
    """Return the cases of the race in the order of asking."""
    return _case_order(store, race_schedule.request, race_schedule.benchmark)


def _case_order(store: Store, request: RaceRequest, benchmark: LoadedBenchmark) -> tuple[str, ...]:
    evaluation = request.evaluation
    return limited(case_ids_of(store, benchmark.version), limit=evaluation.case_limit, seed=evaluation.seed)


def _n_candidates(race_schedule: RaceSchedule) -> int:
    return len(race_schedule.request.evaluation.all_candidates())


def _runners(run: RunRecord | None, n_candidates: int) -> tuple[Runner, ...]:
    """Return the candidates of the run; before there is one, as many as were requested."""
    if run is None:
        return tuple(Runner(key=str(place), label=str(place)) for place in range(n_candidates))
    labels = unique_labels(run)
    return tuple(
        Runner(key=candidate.plan.candidate_fingerprint, label=labels[candidate.run_candidate_id])
        for candidate in run.candidates
    )


def _grid(store: Store, run: RunRecord | None, metric: Metric, order: tuple[str, ...], *, n_candidates: int) -> Grid:
    scores: list[dict[str, float]] = [{}] * n_candidates
    if run is not None:
        # With the digest of the model that it asks, where it asks one.
        signature = next(use.signature for use in run.plan.metrics if use.name == run.plan.headline)
        values_by_candidate = (
            case_values(store, item.run_candidate_id, signature, combining(metric)) for item in run.candidates
        )
        scores = [dict(zip(values.case_ids, values.means, strict=True)) for values in values_by_candidate]
    return grid_of(scores, order, value_range=metric.value_range, higher_is_better=metric.higher_is_better)
