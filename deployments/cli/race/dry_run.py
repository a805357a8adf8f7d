"""Output of `race --dry-run`: when decisions are made, the cost of the first look, and the maximum in total."""

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from deployments.cli.evaluate.dry_run import show_dry_run
from deployments.cli.evaluate.preparation import Prepared, check_servers
from deployments.cli.evaluate.run import start_embedded_if_requested
from deployments.cli.terminal.output import EXIT_DONE, print_json
from deployments.cli.terminal.tables import print_line
from evaluation.errors import ConfigurationError, as_sentence
from evaluation.formatting import counted, duration
from evaluation.races.cost_bounds import RaceBounds, bounds
from evaluation.results.as_json import as_json as forecast_as_json

if TYPE_CHECKING:
    from evaluation.forecasts.search_forecasts import RaceForecast
    from evaluation.requests.race_request import RaceRequest
    from evaluation.store.session import Store


def show_race_dry_run(
    prepared: Prepared, request: "RaceRequest", store: "Store", stack: ExitStack, *, as_json: bool
) -> int:
    """Print the plan without asking or storing anything, and return the exit code.

    Raises:
        BenchwrightError: no server, no such model, or fewer than two candidates.
    """
    forecast = forecast_prepared_race(prepared, request, store, stack)
    if as_json:
        print_json({"race": _plain(forecast, request), "first_look": forecast_as_json(forecast.first_look)})
    else:
        _print(forecast, request)
    return EXIT_DONE


def forecast_prepared_race(
    prepared: Prepared, request: "RaceRequest", store: "Store", stack: ExitStack
) -> "RaceForecast":
    """Return what a race takes; nothing is asked.

    Raises:
        BenchwrightError: no server, no such model, or fewer than two candidates.
    """
    from evaluation.forecasts.request_forecast import forecast_request
    from evaluation.forecasts.scoring_work import work_of_metrics
    from evaluation.forecasts.search_forecasts import RaceForecast

    start_embedded_if_requested(prepared, stack)
    resolution = check_servers(prepared, store, may_ask=False)
    if len(resolution.candidates) < 2:
        raise ConfigurationError("the candidates are all the same", "Give two or more different candidates.")
    benchmark = resolution.benchmarks[0].benchmark
    n_cases = min(len(benchmark.cases), prepared.request.case_limit or len(benchmark.cases))
    bounded = bounds(
        request.model_copy(update={"margin": None}).rules(), n_cases=n_cases, n_candidates=len(resolution.candidates)
    )
    first = prepared.request.model_copy(update={"limit": bounded.looks[0], "level": None})
    return RaceForecast(
        benchmark_name=benchmark.name,
        bounds=bounded,
        first_look=forecast_request(store, first, resolution),
        asked_afterwards=tuple(work_of_metrics(store, first, resolution)),
    )


def race_sentences(forecast: "RaceForecast", request: "RaceRequest") -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return what stands before the cost of the first look, and what stands behind it."""
    before = tuple(_schedule(forecast.bounds, request, forecast.benchmark_name))
    return before, tuple(_most(forecast, request))


def _plain(forecast: "RaceForecast", request: "RaceRequest") -> dict[str, Any]:
    return {**request.own_fields, **asdict(forecast.bounds), "most_seconds": forecast.most_seconds}


def _print(forecast: "RaceForecast", request: "RaceRequest") -> None:
    before, after = race_sentences(forecast, request)
    for sentence in before:
        print_line(sentence)
    print_line()
    print_line("The first look:")
    show_dry_run(forecast.first_look, forecast.asked_afterwards, as_json=False)
    print_line()
    for sentence in after:
        print_line(sentence)


def _schedule(bounded: RaceBounds, request: "RaceRequest", benchmark: str) -> Iterator[str]:
    yield (
        f"A race by {request.method}: {counted(bounded.n_candidates, 'candidate')} on {benchmark}, "
        f"{counted(bounded.n_cases, 'case')}."
    )
    sizes = [f"{size:,}" for size in bounded.looks]
    when = sizes[0] if len(sizes) == 1 else f"{', '.join(sizes[:-1])} and {sizes[-1]}"
    yield f"Candidates are eliminated after {when} {'case' if sizes == ['1'] else 'cases'}."
    if bounded.n_confirm:
        yield (f"The winner is compared with the runner-up on at most {counted(bounded.n_confirm, 'unseen case')}.")
    else:
        yield "No cases are left to confirm a winner on."
    if bounded.note is not None:
        yield as_sentence(bounded.note)


def _most(forecast: "RaceForecast", request: "RaceRequest") -> Iterator[str]:
    bounded, seconds = forecast.bounds, forecast.most_seconds
    time = "" if seconds is None else f", about {duration(seconds)}"
    yield (
        f"In all at most {bounded.most_calls:,} of the {counted(bounded.full_grid_calls, 'answer')} of a full "
        f"evaluation{time}; early elimination reduces this."
    )
    if request.budget:
        yield f"It ends early if its budget is spent: {', '.join(request.budget)}."
