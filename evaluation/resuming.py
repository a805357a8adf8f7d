"""What a resumed invocation asks for: all that it asked for before, and more of it where its user wants that."""

from collections.abc import Mapping, Sequence
from typing import Any

from evaluation.errors import ConfigurationError
from evaluation.request import EvaluationRequest, read_request
from evaluation.resolving import ResolvedCandidate
from evaluation.store.holders import held_error, living_holders
from evaluation.store.records import RunRecord
from evaluation.store.runs import find_invocation, find_run, runs_of_invocation
from evaluation.store.session import Store

ADDED = ("models", "candidates")
MORE = ("repeats", "limit")
HOW = frozenset(
    {
        "endpoints",
        "slots",
        "gpu_tag",
        "provider",
        "embedded",
        "allow_remote",
        "max_failures",
        "fail_under",
        "timeout_s",
        "case_timeout_s",
        "reuse",
    }
)
"""What says how the work is done, and may change from one stretch of it to the next."""
FLAGS = {
    "prices": "--prices",
    "benchmarks": "--benchmark",
    "models": "--model",
    "candidates": "--candidate",
    "options": "--option",
}


def resumed(
    store: Store, wanted: str, given: Mapping[str, Any]
) -> tuple[EvaluationRequest, str, tuple[RunRecord, ...]]:
    """The request with which the invocation of a run goes on, its id, and its runs.

    Args:
        store: The store.
        wanted: A run's id or a unique beginning of it, or `last`.
        given: What its user says in addition, by field of `EvaluationRequest`.

    Raises:
        UnknownNameError: no such run.
        ConfigurationError: something that would make it another run, or less of it.
    """
    invocation_id = find_run(store, wanted).plan.invocation_id
    stored = find_invocation(store, invocation_id)
    assert stored is not None  # noqa: S101 - a run's invocation cannot be missing: a foreign key
    before = read_request(stored.request, source="the stored request")
    return grown(before, given), invocation_id, runs_of_invocation(store, invocation_id)


def grown(before: EvaluationRequest, given: Mapping[str, Any]) -> EvaluationRequest:
    """What was asked for before, with more models, repeats or cases, and asked in another way.

    Raises:
        ConfigurationError: something that would make it another run, or less of it.
    """
    changed: dict[str, Any] = {}
    for name, value in given.items():
        if name in ADDED:
            already = getattr(before, name)
            more = [value] if isinstance(value, str) else list(value)
            changed[name] = [*already, *(item for item in more if item not in already)]
        elif name in MORE:
            changed[name] = _not_less(name, value, getattr(before, name))
        elif name in HOW:
            changed[name] = value
        else:
            flag = FLAGS.get(name, f"--{name.removesuffix('s')}")
            raise ConfigurationError(
                f"{flag} belongs to a run, and a resume cannot change it",
                "Begin a new run, or resume with nothing but more models, --repeats or --limit; "
                "a model with options of its own is --candidate 'NAME key=value …'.",
            )
    return read_request({**before.model_dump(exclude_defaults=True), **changed})


def _not_less(name: str, value: Any, before: int | None) -> Any:
    if before is None:
        raise ConfigurationError(f"--{name} {value}: the run asks all cases already", f"Leave --{name} out.")
    if isinstance(value, int) and value < before:
        raise ConfigurationError(
            f"--{name} {value} is less than the {before} that the run has", f"Give {before} or more, or leave it out."
        )
    return value


def refuse_held(store: Store, invocation_id: str) -> None:
    """Refuses to work on runs that somebody works on now.

    Raises:
        HeldError: names who it is.
    """
    for run in runs_of_invocation(store, invocation_id):
        for holder in living_holders(store, run.plan.run_id):
            raise held_error(run.plan.run_id, holder)


def refuse_changed_weights(earlier: Sequence[RunRecord], candidates: Sequence[ResolvedCandidate]) -> None:
    """Refuses to go on with a run under whose model names other weights stand now.

    Raises:
        ConfigurationError: names the candidate, the weights that it had and those that its server has.
    """
    known = {resolved.candidate.fingerprint for resolved in candidates}
    for run in earlier:
        for found in run.candidates:
            if found.plan.candidate_fingerprint in known:
                continue
            had, model = found.plan.digest, found.plan.model_name
            has = next((item.candidate.digest for item in candidates if item.candidate.model == model), None)
            if has == had:
                raise ConfigurationError(
                    f"run {run.plan.run_id} asked {found.plan.label}, and its options or profile were changed since",
                    "Change them back, or begin a new run: answers to different questions are never mixed.",
                )
            raise ConfigurationError(
                f"run {run.plan.run_id} asked {model} with the weights {(had or 'unknown')[:12]}, and its server has "
                f"{(has or 'unknown')[:12]} under that name now",
                "Bring the old weights back, or begin a new run: results of two models are never mixed.",
            )
