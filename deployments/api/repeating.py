"""The request that a stored run was made from, to be made once more as it is or changed."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from deployments.api.startable import REQUESTS
from evaluation.errors import ConfigurationError
from evaluation.requests.evaluation_request import EvaluationRequest
from evaluation.requests.request_model import RequestModel
from evaluation.store.plans import find_invocation
from evaluation.store.races import find_race
from evaluation.store.runs import find_run, runs_of_invocation
from evaluation.store.session import Store
from evaluation.store.sweeps import find_sweep


@dataclass(frozen=True, slots=True, kw_only=True)
class Repeatable:
    """What would be started to make a run once more."""

    deployment: str
    values: Mapping[str, Any]
    """Fields of its request that are not the defaults."""

    @property
    def request(self) -> RequestModel:
        """The request.

        Raises:
            ConfigurationError: it is not valid any more.
        """
        try:
            return REQUESTS[self.deployment].model_validate(dict(self.values))
        except ValueError as error:
            raise ConfigurationError(
                f"the request of this run is not valid any more: {error}", "Change it in its form."
            ) from None


def repeatable(store: Store, run: str) -> Repeatable:
    """Return the request that a run was made from. Benchmarks are those that are stored, by their names.

    Args:
        store: The store.
        run: The run's id, the beginning of one, or `last`.

    Raises:
        UnknownNameError: no such run.
        ConfigurationError: its request is not stored.
    """
    plan = find_run(store, run).plan
    names = [each.plan.benchmark_name for each in runs_of_invocation(store, plan.invocation_id)]
    race, sweep = find_race(store, plan.invocation_id), find_sweep(store, plan.invocation_id)
    for deployment, record in (("race", race), ("sweep", sweep)):
        if record is not None:
            own = dict(record.request)
            evaluation = _evaluation(own.get("evaluation") or {}, names)
            if own.get("prompt") is not None:
                evaluation.pop("benchmarks", None)
            return Repeatable(deployment=deployment, values={**_set(own), "evaluation": evaluation})
    invocation = find_invocation(store, plan.invocation_id)
    if invocation is None:
        raise ConfigurationError(f"the request of run {plan.run_id!r} is not stored", "Start it with its form.")
    return Repeatable(deployment="evaluate", values=_evaluation(invocation.request, names))


def _evaluation(fields: Mapping[str, Any], benchmarks: list[str]) -> dict[str, Any]:
    """Return the fields of an evaluation that are not the defaults.

    A level would go on from the runs that there are: it becomes its number of cases.
    """
    try:
        request = EvaluationRequest.model_validate({**fields, "benchmarks": benchmarks})
    except ValueError:  # of another version
        return {**_set(fields), "benchmarks": benchmarks}
    values = request.model_dump(mode="json", exclude_defaults=True)
    if values.pop("level", None) is not None and request.case_limit is not None:
        values["limit"] = request.case_limit
    # How the fields of a file are called is stored with its cases.
    for name in ("fields", "ignore_fields"):
        values.pop(name, None)
    return {**values, "benchmarks": benchmarks}


def _set(fields: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in fields.items() if value not in (None, [], {})}
