"""The names in a request that nothing has: they are refused before a flow run begins, which would fail by them.

`last` is whatever is newest when the flow run begins, and files are the worker's: neither is looked up here.
"""

from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import suppress
from functools import partial
from pathlib import Path

from evaluation.benchmarks.suites import standard_suites
from evaluation.errors import BenchwrightError, IncomparableError, UnknownNameError
from evaluation.files.names import normal_name
from evaluation.providers.model_names import same_model
from evaluation.requests.comparison_request import ComparisonRequest
from evaluation.requests.evaluation_request import EvaluationRequest
from evaluation.requests.race_request import RaceRequest
from evaluation.requests.request_model import RequestModel
from evaluation.requests.review_request import ReviewRequest
from evaluation.requests.sweep_request import SweepRequest
from evaluation.requests.upgrade_request import UpgradeDecision, UpgradeWatch
from evaluation.resolution.candidates import find_profile
from evaluation.reviews.creation import sides_meant
from evaluation.store.benchmarks import find_benchmark, list_benchmarks
from evaluation.store.experiments import experiment_named, find_experiment
from evaluation.store.policies import load_policy
from evaluation.store.reviews import find_review
from evaluation.store.runs import find_run
from evaluation.store.session import Store
from evaluation.store.upgrades import load_upgrade

_NEWEST = "last"
_Lookup = tuple[str, Callable[[], object]]
"""The place of a name in the request, and what raises where nothing has it."""


def refuse_unknown_names(request: RequestModel, store: Store) -> None:
    """Refuse a request with a name that nothing stored has.

    Raises:
        UnknownNameError: nothing has the name.
        ConfigurationError: several runs have it.
    """
    for error in unknown_names(request, store).values():
        raise error


def unknown_names(request: RequestModel, store: Store, *, models: Collection[str] = ()) -> dict[str, BenchwrightError]:
    """Return what is wrong with the names in a valid request, by the place of their field.

    Args:
        request: The request.
        store: Where runs, experiments, benchmarks, profiles, reviews, policies and upgrades are looked up.
        models: The models that there are; empty: they are not known, and any name is taken.
    """
    errors: dict[str, BenchwrightError] = {}
    for place, look_up in _lookups(request, store, models):
        try:
            look_up()
        except BenchwrightError as error:
            errors.setdefault(place, error)
    return errors


def _lookups(request: RequestModel, store: Store, models: Collection[str]) -> Iterator[_Lookup]:
    match request:
        case EvaluationRequest():
            yield from _of_evaluation(request, store, models)
        case RaceRequest() | SweepRequest() | ComparisonRequest(evaluation=EvaluationRequest()):
            has_prompt = isinstance(request, SweepRequest) and request.prompt is not None
            evaluation: EvaluationRequest = request.evaluation  # type: ignore[assignment]
            for place, look_up in _of_evaluation(evaluation, store, models, has_prompt=has_prompt):
                yield f"evaluation.{place}", look_up
        case UpgradeWatch():
            yield from (("policies", partial(load_policy, store, name)) for name in request.policies)
        case UpgradeDecision():
            yield "upgrade", partial(load_upgrade, store, request.upgrade)
        case ReviewRequest():
            yield from _of_review(request, store)
    if isinstance(request, ComparisonRequest):
        yield from _of_comparison(request, store)


def _of_evaluation(
    request: EvaluationRequest, store: Store, models: Collection[str], *, has_prompt: bool = False
) -> Iterator[_Lookup]:
    if not has_prompt:
        yield from (("benchmarks", partial(_find_benchmark, store, name)) for name in request.benchmarks)
    if request.profile is not None:
        yield "profile", partial(find_profile, request.profile, store=store)
    if models and not request.endpoints and not request.embedded:
        yield from (("models", partial(_find_model, name, models)) for name in request.models)
        for text in request.candidates:
            yield "candidates", partial(_find_model, text.split()[0], models)


def _of_comparison(request: ComparisonRequest, store: Store) -> Iterator[_Lookup]:
    for word in request.runs:
        if word != _NEWEST:
            yield "runs", partial(_find_run_or_experiment, store, word)
    if request.experiment is not None and not request.runs and request.evaluation is None:
        yield "experiment", partial(find_experiment, store, request.experiment)


def _of_review(request: ReviewRequest, store: Store) -> Iterator[_Lookup]:
    if request.review is not None:  # the other fields are ignored
        if request.review != _NEWEST:
            yield "review", partial(find_review, store, request.review)
        return
    if request.benchmark is not None:
        yield "benchmark", partial(_find_benchmark, store, request.benchmark)
    words = [word for word in request.runs if word != _NEWEST]
    yield from (("runs", partial(find_run, store, word)) for word in words)
    if words and words == request.runs:
        yield "candidates", partial(_find_sides, store, words, request)


def _find_run_or_experiment(store: Store, word: str) -> None:
    if experiment_named(store, word) is None:
        find_run(store, word)


def _find_benchmark(store: Store, name: str) -> None:
    is_path = "/" in name or "\\" in name or bool(Path(name).suffix)
    if is_path or name in standard_suites() or find_benchmark(store, name) or find_benchmark(store, normal_name(name)):
        return
    names = dict.fromkeys([*standard_suites(), *(record.name for record in list_benchmarks(store))])
    raise UnknownNameError("benchmark", name, names)


def _find_model(name: str, models: Collection[str]) -> None:
    if not any(same_model(model, name) for model in models):
        raise UnknownNameError("model", name, sorted(models), "Use one of the known names, or pull it first.")


def _find_sides(store: Store, words: Sequence[str], request: ReviewRequest) -> None:
    """Refuse a candidate that the runs do not have; what is wrong with the runs is another field's mistake."""
    try:
        run_ids = [find_run(store, word).plan.run_id for word in words]
    except BenchwrightError:
        return
    with suppress(IncomparableError):
        sides_meant(store, list(dict.fromkeys(run_ids)), request)
