"""Whether going on to a higher level can still change a run's verdict, and at which cost.

The verdict is that of the best candidate on the headline metric against each other one, as `compare` gives it. Whether
it can change is forecast from the cases seen (`evaluation.stats.verdict_forecast`), and the time from the pace so far.
"""

from dataclasses import dataclass, replace
from math import sqrt

from evaluation.comparisons.case_values import scores_of
from evaluation.comparisons.comparison import Comparison, compare_runs
from evaluation.comparisons.comparison_result import comparison_result
from evaluation.comparisons.run_verdict import MOST_CANDIDATES
from evaluation.comparisons.sentences import FRACTION, what_is_missing
from evaluation.errors import IncomparableError
from evaluation.forecasts.forecast import PlannedWork, forecast
from evaluation.forecasts.planned_work import with_measured
from evaluation.formatting import counted, duration, listed, percent, points, quantity
from evaluation.metrics.metric_facts import value_range
from evaluation.metrics.parsing import metric_of
from evaluation.options import load_options
from evaluation.records.runs import SERVER_VERSIONS, RunRecord
from evaluation.records.status import Status
from evaluation.requests.case_levels import CASES_OF_LEVEL, CaseLevel, cases_of_level, levels_above
from evaluation.requests.comparison_request import ComparisonRequest
from evaluation.results.levels import GoingOn, LevelResult
from evaluation.results.pairs import PairResult
from evaluation.results.runs import InvocationResult, RunResult
from evaluation.stats.verdict_forecast import UNLIKELY, chance_of_other_verdict
from evaluation.stats.verdicts import A_BETTER, B_BETTER, INSUFFICIENT_DATA, MIN_PAIRS
from evaluation.store.benchmarks import find_benchmark
from evaluation.store.missing import count_missing
from evaluation.store.past_stages import past_requests
from evaluation.store.plans import find_invocation
from evaluation.store.runs import runs_of_invocation
from evaluation.store.session import Store

_MOST_NAMED = 3


@dataclass(frozen=True, kw_only=True)
class _Verdict:
    """The comparisons of a run's best candidate with each other one."""

    comparison: Comparison
    best: str
    pairs: tuple[PairResult, ...]


def with_levels(store: Store, result: InvocationResult) -> InvocationResult:
    """Return the result with its level and what that leaves open; unchanged if it was requested without a level."""
    invocation = find_invocation(store, result.invocation_id)
    requested = invocation.request.get("level") if invocation is not None else None
    level: CaseLevel | None = next((name for name in CASES_OF_LEVEL if name == requested), None)
    if level is None:
        return result
    runs = {run.plan.run_id: run for run in runs_of_invocation(store, result.invocation_id)}
    going_on = tuple(step for shown in result.runs for step in _going_on(store, runs[shown.run_id], shown, level))
    return replace(result, levels=LevelResult(level=level, going_on=going_on))


def _going_on(store: Store, run: RunRecord, shown: RunResult, level: CaseLevel) -> list[GoingOn]:
    benchmark = find_benchmark(store, run.plan.benchmark_version)
    if run.status is not Status.COMPLETED or benchmark is None:
        return []
    sizes = {cases_of_level(name, benchmark.n_cases): name for name in reversed(levels_above(level))}
    ahead = {n_cases: sizes[n_cases] for n_cases in sorted(sizes) if n_cases > run.plan.n_cases}
    verdict = _verdict(store, run) if ahead else None
    return [_step(store, run, shown, verdict, name, n_cases) for n_cases, name in ahead.items()]


def _step(
    store: Store, run: RunRecord, shown: RunResult, verdict: _Verdict | None, level: CaseLevel, n_cases: int
) -> GoingOn:
    n_calls, seconds = _cost(store, run, n_cases)
    chance = None if verdict is None else _chance(store, run, verdict, n_cases)
    can_change = None if verdict is None else chance is None or chance >= UNLIKELY
    n_more = n_cases - run.plan.n_cases
    width, width_words = (None, "") if verdict is not None else _width(shown, n_cases)
    time = "" if seconds is None else f", about {duration(seconds)}"
    lead = f"going on to {level} ({counted(n_more, 'more case')}{' each' if len(run.candidates) > 1 else ''}{time})"
    outcome = width_words if verdict is None else _outcome(verdict, chance, can_change=bool(can_change))
    return GoingOn(
        run_id=run.plan.run_id,
        benchmark=run.plan.benchmark_name,
        level=level,
        n_cases=n_cases,
        n_more=n_more,
        n_calls=n_calls,
        seconds=seconds,
        can_change=can_change,
        chance=chance,
        interval_width=width,
        sentence=f"{lead} {outcome}",
        command=f"benchwright evaluate --resume {run.plan.run_id} --level {level}",
    )


def _verdict(store: Store, run: RunRecord) -> _Verdict | None:
    """Return how the run's best candidate compares with the others; None for fewer than two with common scores."""
    if len(run.candidates) > MOST_CANDIDATES:
        return None
    request = ComparisonRequest(runs=[run.plan.run_id], n_flips=0)
    try:
        comparison = compare_runs(store, [run.plan.run_id], request, headline_only=True)
    except IncomparableError:
        return None
    if not comparison.metrics or not comparison.metrics[0].many.order:
        return None
    result = comparison_result(store, comparison, request)
    best = comparison.metrics[0].many.order[0]
    pairs = tuple(pair for pair in result.headline_pairs if best in (pair.a, pair.b))
    return _Verdict(comparison=comparison, best=best, pairs=pairs) if pairs else None


def _chance(store: Store, run: RunRecord, verdict: _Verdict, n_after: int) -> float | None:
    headline = verdict.comparison.metrics[0]
    scores = {side.label: scores_of(store, side, headline.metric.use) for side in verdict.comparison.sides}
    return chance_of_other_verdict(
        scores,
        headline.many,
        n_seen=run.plan.n_cases,
        n_after=n_after,
        seed=run.plan.seed,
        value_range=value_range(headline.metric.use.name),
    )


def _outcome(verdict: _Verdict, chance: float | None, *, can_change: bool) -> str:
    """Return whether the verdict can change, and on what it rests."""
    basis = _basis(verdict)
    if not can_change:
        return f"is unlikely to change the verdict (predicted chance under {percent(UNLIKELY)}): {basis}"
    about = "" if chance is None else f" (chance about {percent(chance)})"
    return f"can still change the verdict{about}: {basis}"


def _basis(verdict: _Verdict) -> str:
    """Return what the cases so far tell of the best candidate, the most open comparison first."""
    few = [pair for pair in verdict.pairs if pair.verdict == INSUFFICIENT_DATA]
    undecided = [pair for pair in verdict.pairs if pair.verdict not in (A_BETTER, B_BETTER, INSUFFICIENT_DATA)]
    pairs = few or undecided or verdict.pairs
    others = listed([pair.b if pair.a == verdict.best else pair.a for pair in pairs], _MOST_NAMED)
    cases = counted(min(pair.n_pairs for pair in pairs), "case")
    if few:
        return f"{cases} are too few to tell {verdict.best} from {others} (at least {MIN_PAIRS})"
    if not undecided:
        return f"{cases} show {verdict.best} to be better than {others}"
    missing = what_is_missing(undecided[0])
    return f"{cases} do not tell {verdict.best} from {others}{f'; {missing}' if missing else ''}"


def _width(shown: RunResult, n_after: int) -> tuple[float | None, str]:
    """Return the width that the interval of a single candidate's headline would have, and a sentence on it."""
    metric = shown.candidates[0].metrics.get(shown.headline) if len(shown.candidates) == 1 else None
    if len(shown.candidates) > 1:
        return (
            None,
            f"adds evidence on {counted(len(shown.candidates), 'candidate')}; `benchwright compare` compares them",
        )
    if metric is None or metric.low is None or metric.high is None or metric.mean is None:
        return None, f"would give {shown.headline} an interval"
    width = metric.high - metric.low
    after = width * sqrt(metric.mean.n_cases / n_after)
    return (
        after,
        f"would narrow the interval of {shown.headline} from {_amount(shown, width)} to about {_amount(shown, after)}",
    )


def _amount(shown: RunResult, width: float) -> str:
    metric = metric_of(shown.headline, shown.metrics.get(shown.headline, ""))
    unit = "" if metric is None else metric.unit
    return f"{points(width)} points" if unit == FRACTION else f"{quantity(width)} {unit}".strip()


def _cost(store: Store, run: RunRecord, n_cases: int) -> tuple[int, float | None]:
    """Return how many requests are left to ask, and the seconds that they take at the pace so far."""
    planned = run.plan.n_cases * run.plan.n_repeats
    works: list[PlannedWork] = []
    for candidate in run.candidates:
        plan = candidate.plan
        names = tuple(plan.details.get(SERVER_VERSIONS) or (plan.endpoint_name,))
        work = PlannedWork(
            endpoint_names=names,
            slots={name: max(1, plan.slots // len(names)) for name in names},
            model=plan.model_name,
            digest=plan.digest,
            load_options=load_options(plan.options),
            label=plan.label,
            fingerprint=plan.candidate_fingerprint,
            benchmark_name=run.plan.benchmark_name,
            n_cases=n_cases,
            n_repeats=run.plan.n_repeats,
            n_done=planned - count_missing(store, candidate.run_candidate_id),
            options=plan.options,
        )
        works += _by_model(store, work)
    cost = forecast(store, works)
    return cost.n_calls, None if cost.n_calls_untimed else cost.seconds


def _by_model(store: Store, work: PlannedWork) -> list[PlannedWork]:
    """Return a candidate's work; that of one with a pipeline for each model, as often as it was asked so far."""
    measured = past_requests(store, fingerprint=work.fingerprint, benchmark_name=work.benchmark_name)
    works = []
    for model, past in measured.items():
        names = tuple(speed.endpoint_name for speed in past.speeds) or work.endpoint_names
        slots = {name: work.slots.get(name, max(work.slots.values())) for name in names}
        is_own = model == work.model
        of_model = replace(
            work,
            endpoint_names=names,
            slots=slots,
            model=model,
            digest=work.digest if is_own else None,
            is_further_model=not is_own,
        )
        works.append(with_measured(of_model, measured))
    return works or [work]
