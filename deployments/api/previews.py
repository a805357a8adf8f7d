"""What a request would ask and cost, before it is started: the dry runs of the commands; no model is asked."""

from collections.abc import Iterable, Mapping
from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass
from typing import TYPE_CHECKING

from deployments.cli.arguments import read_settings
from deployments.cli.callers import Caller, called_by
from deployments.cli.compare.flow_run import forecast_prepared_comparison
from deployments.cli.evaluate.preparation import Prepared, at_level, check_servers, prepare
from deployments.cli.evaluate.run import forecast_costs
from deployments.cli.race.dry_run import forecast_prepared_race, race_sentences
from deployments.cli.sweep.run import tried_sentence
from evaluation.comparisons.comparison_result import requested_runs
from evaluation.comparisons.plan import planned_sentence
from evaluation.errors import ConfigurationError
from evaluation.forecasts.costs import Forecast
from evaluation.forecasts.scoring_work import ScoringWork, work_of_metrics
from evaluation.formatting import counted
from evaluation.reports.forecasts import afterwards_sentence, forecast_rows, sentences
from evaluation.requests.comparison_request import ComparisonRequest
from evaluation.requests.evaluation_request import EvaluationRequest
from evaluation.requests.race_request import RaceRequest
from evaluation.requests.request_model import RequestModel
from evaluation.requests.sweep_request import SweepRequest, prompt_benchmark
from evaluation.results.planned_comparisons import PlannedEvaluation
from evaluation.store.benchmarks import save_benchmark
from evaluation.store.session import Store

if TYPE_CHECKING:
    from deployments.prefect_server import PrefectServer

MOST_ROWS = 40
SOURCE = "the form"
_WITHOUT_FORECAST: Mapping[str, str] = {
    "review": "No model is asked: people rate stored answers.",
    "monitor": "No model is asked: stored runs and calls are looked at.",
    "retrain": "No model is asked: selection models are trained on stored scores, on this machine's processor.",
    "decide-upgrade": "No model is asked: policies are changed, or left as they are.",
    "watch-upgrades": "Servers are asked for their models; where weights have changed, they are tested as the policies "
    "say. What that costs depends on what has changed.",
    "grade-traffic": "The judge is asked once for each call of the sample. How many calls there are is counted when it "
    "begins.",
    "write-benchmark": "The writing model is asked for each draft, and the checking model for each draft that passes "
    "the rules: at most twice the cases and spare drafts together.",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Preview:
    """What a request would ask and cost."""

    sentences: tuple[str, ...]
    rows: tuple[Mapping[str, str], ...] = ()
    """The plan, a row for each candidate on each benchmark at each server."""
    n_more: int = 0
    """Further rows."""
    notes: tuple[str, ...] = ()
    """What the preparation remarked."""


def preview(deployment: str, request: RequestModel, store: Store) -> Preview:
    """Return what a valid request of a deployment would ask and cost.

    Raises:
        BenchwrightError: what would be refused when it begins: no server, no such model, a file that cannot be read.
    """
    notes: list[str] = []
    with called_by(_caller(notes)), ExitStack() as stack:
        match request:
            case EvaluationRequest():
                made = _of_evaluation(request, store)
            case SweepRequest():
                made = _of_sweep(request, store)
            case RaceRequest():
                made = _of_race(request, store, stack)
            case ComparisonRequest():
                made = _of_comparison(request, store, stack)
            case _:
                made = Preview(sentences=(_WITHOUT_FORECAST[deployment],))
    return Preview(sentences=made.sentences, rows=made.rows, n_more=made.n_more, notes=tuple(notes))


def _caller(notes: list[str]) -> Caller:
    def no_server() -> "AbstractContextManager[PrefectServer]":
        raise ConfigurationError("a preview starts no server", "Start `benchwright serve`.")

    return Caller(tell=notes.append, progress=None, open_server=no_server)


def _prepared(request: EvaluationRequest, store: Store) -> Prepared:
    if request.embedded and not read_settings().embedded_url:
        raise ConfigurationError(
            "the embedded server does not run, so that its models cannot be looked at now",
            "Start the run all the same, which starts it, or begin with `benchwright serve --embedded`.",
        )
    return prepare(request.model_dump(exclude_unset=True), store, source=SOURCE, resume=None)


def _of_evaluation(request: EvaluationRequest, store: Store) -> Preview:
    prepared = _prepared(request, store)
    resolution = check_servers(prepared, store, may_ask=False)
    prepared = at_level(prepared, store, resolution)
    afterwards = work_of_metrics(store, prepared.request, resolution)
    return _shown(forecast_costs(prepared, store, resolution), afterwards)


def _of_sweep(request: SweepRequest, store: Store) -> Preview:
    if request.prompt is not None:
        save_benchmark(store, prompt_benchmark(request.prompt))
    prepared = _prepared(request.evaluation_of_all(), store)
    resolution = check_servers(prepared, store, may_ask=False)
    named = [parameter.name for parameter in request.all_parameters()]
    forecast = forecast_costs(prepared, store, resolution, named=named)
    afterwards = work_of_metrics(store, prepared.request, resolution)
    return _shown(forecast, afterwards, before=(f"{tried_sentence(request)}.",))


def _of_race(request: RaceRequest, store: Store, stack: ExitStack) -> Preview:
    prepared = _prepared(request.evaluation, store)
    forecast = forecast_prepared_race(prepared, request, store, stack)
    before, after = race_sentences(forecast, request)
    return _shown(forecast.first_look, forecast.asked_afterwards, before=(*before, "The first look:"), after=after)


def _of_comparison(request: ComparisonRequest, store: Store, stack: ExitStack) -> Preview:
    stored = list(requested_runs(store, request))
    if request.evaluation is None:
        return Preview(sentences=(f"No model is asked: {counted(len(stored), 'stored run')} will be compared.",))
    prepared = _prepared(request.evaluation, store)
    whole = request.model_copy(update={"evaluation": prepared.request, "runs": stored})
    forecast = forecast_prepared_comparison(whole, prepared, store, stack)
    planned = tuple(planned_sentence(each) for each in forecast.planned if isinstance(each, PlannedEvaluation))
    if forecast.costs is None:
        return Preview(sentences=planned)
    return _shown(forecast.costs, forecast.asked_afterwards, after=planned)


def _shown(
    forecast: Forecast, afterwards: Iterable[ScoringWork], *, before: tuple[str, ...] = (), after: tuple[str, ...] = ()
) -> Preview:
    rows = tuple(forecast_rows(forecast))
    scoring = map(afterwards_sentence, afterwards)
    return Preview(
        sentences=(*before, *sentences(forecast), *scoring, *after),
        rows=rows[:MOST_ROWS],
        n_more=max(0, len(rows) - MOST_ROWS),
    )
