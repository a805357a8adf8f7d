"""What `race --dry-run` prints: when it is decided, what the first look takes, and what all of it can take at most."""

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from deployments.cli.evaluate.dry_run import show_dry_run
from deployments.cli.evaluate.preparation import Prepared, check_servers
from deployments.cli.evaluate.run import start_embedded_if_requested
from deployments.cli.terminal.output import EXIT_DONE, print_json
from deployments.cli.terminal.tables import print_line
from evaluation.errors import ConfigurationError
from evaluation.formatting import counted, duration
from evaluation.races.bounds import RaceBounds, bounds

if TYPE_CHECKING:
    from evaluation.forecasts.costs import Forecast
    from evaluation.requests.race_request import RaceRequest
    from evaluation.store.session import Store


def show_race_dry_run(
    prepared: Prepared, request: "RaceRequest", store: "Store", stack: ExitStack, *, as_json: bool
) -> int:
    """Return the exit code, once the plan is printed; nothing is asked, and nothing stored.

    Raises:
        BenchwrightError: no server, no such model, or fewer than two candidates.
    """
    from evaluation.forecasts.costs import as_json as forecast_as_json
    from evaluation.forecasts.forecast import forecast
    from evaluation.forecasts.planned_work import planned_works
    from evaluation.forecasts.scoring_work import work_of_metrics

    start_embedded_if_requested(prepared, stack)
    resolution = check_servers(prepared, store)
    if len(resolution.candidates) < 2:
        raise ConfigurationError("the candidates are all the same", "Give two or more different candidates.")
    benchmark = resolution.benchmarks[0].benchmark
    n_cases = min(len(benchmark.cases), prepared.request.limit or len(benchmark.cases))
    bounded = bounds(
        request.model_copy(update={"margin": None}).rules(), n_cases=n_cases, n_candidates=len(resolution.candidates)
    )
    first = prepared.request.model_copy(update={"limit": bounded.looks[0]})
    first_look = forecast(store, planned_works(store, first, resolution, ()))
    if as_json:
        print_json({"race": _plain(bounded, first_look, request), "first_look": forecast_as_json(first_look)})
    else:
        _print(bounded, first_look, request, benchmark.name, work_of_metrics(store, first, resolution))
    return EXIT_DONE


def _plain(bounded: RaceBounds, first_look: "Forecast", request: "RaceRequest") -> dict[str, Any]:
    return {**request.own_fields, **asdict(bounded), "most_seconds": _most_seconds(bounded, first_look)}


def _print(
    bounded: RaceBounds, first_look: "Forecast", request: "RaceRequest", benchmark: str, afterwards: Any
) -> None:
    for sentence in _schedule(bounded, request, benchmark):
        print_line(sentence)
    print_line()
    print_line("The first look:")
    show_dry_run(first_look, afterwards, as_json=False)
    print_line()
    for sentence in _most(bounded, first_look, request):
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
        yield f"{bounded.note}."


def _most(bounded: RaceBounds, first_look: "Forecast", request: "RaceRequest") -> Iterator[str]:
    seconds = _most_seconds(bounded, first_look)
    time = "" if seconds is None else f", about {duration(seconds)}"
    yield (
        f"In all at most {bounded.most_calls:,} of the {bounded.full_grid_calls:,} calls of a full "
        f"evaluation{time}; early elimination reduces this."
    )
    if request.budget:
        yield f"It ends early if its budget is spent: {', '.join(request.budget)}."


def _most_seconds(bounded: RaceBounds, first_look: "Forecast") -> float | None:
    """Return the first look's time, as many times as it has to be; its loads once for each look."""
    if first_look.seconds is None or not first_look.n_calls:
        return None
    loading = max(
        (sum(load.load_s or 0.0 for load in endpoint.loads) for endpoint in first_look.endpoints), default=0.0
    )
    asking = max(0.0, first_look.seconds - loading)
    return asking * bounded.most_calls / bounded.first_calls + loading * (len(bounded.looks) + bool(bounded.n_confirm))
