"""The form of a deployment: its flow's parameters, with existing names as choices.

The schema is the flow's own, edited: parameters that a form does not ask for are left out. Choices are fixed at the
time of deployment, and a redeployment refreshes them.
"""

import copy
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from deployments.form_layout import lay_out
from evaluation.providers import PROVIDERS
from evaluation.records.candidates import ModelRecord

if TYPE_CHECKING:
    from evaluation.store.session import Store

EVALUATION = "EvaluationRequest"
REVIEW = "ReviewRequest"
KNOWN_THEN = "Choices are the names that were known when this was deployed."
OF_FILES = ", or paths of files"
"""Text left out where names are chosen: a worker has no access to the files of the form's user."""
TOO_LARGE_TO_SAY = 1_000_000_000
TITLES: Mapping[str, str] = {
    "gpu_tag": "GPU tag",
    "spread": "Spread over workers",
    "timeout_s": "Seconds for one attempt",
    "case_timeout_s": "Seconds for a case",
    "n_flips": "Flipped cases shown",
    "by": "What makes a side",
}
"""Titles of fields whose name alone says too little in a form."""
_BOUNDS: Mapping[str, str] = {
    "minimum": "at least {:g}",
    "exclusiveMinimum": "more than {:g}",
    "maximum": "at most {:g}",
    "exclusiveMaximum": "less than {:g}",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Choices:
    """Names that a form offers. A kind without names accepts any text."""

    benchmarks: tuple[str, ...] = ()
    models: tuple[str, ...] = ()
    endpoints: tuple[str, ...] = ()
    profiles: tuple[str, ...] = ()
    prices: tuple[str, ...] = ()
    """Blocks of prices as `block:NAME`."""

    def by_field(self) -> dict[str, tuple[str, ...]]:
        """Return the names by the field of an evaluation that accepts them."""
        return {
            "benchmarks": self.benchmarks,
            "models": self.models,
            "endpoints": self.endpoints,
            "profile": self.profiles,
            "provider": tuple(PROVIDERS),
        }


def choices_in(store: "Store") -> Choices:
    """Return all known names: those that come with the program, and stored ones that are not retired."""
    from evaluation.benchmarks.suites import standard_suites
    from evaluation.requests.profiles import STANDARD_PROFILES
    from evaluation.resolution.endpoints import EMBEDDED
    from evaluation.store.benchmarks import list_benchmarks
    from evaluation.store.models import list_models
    from evaluation.store.registry import list_endpoints, list_profiles

    endpoints = [record.name for record in list_endpoints(store)]
    return Choices(
        benchmarks=_each_once(*standard_suites(), *(record.name for record in list_benchmarks(store))),
        models=_each_once(*sorted(record.name for record in list_models(store) if _answers_prompts(record))),
        endpoints=_each_once(*endpoints, EMBEDDED) if endpoints else (),
        profiles=_each_once(*STANDARD_PROFILES, *(profile.name for profile in list_profiles(store))),
    )


def _answers_prompts(model: ModelRecord) -> bool:
    """Return False if the model only embeds texts."""
    return not model.capabilities or "completion" in model.capabilities


def _each_once(*names: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(names))


def form(schema: Mapping[str, Any], choices: Choices, *, left_empty: tuple[str, ...] = ()) -> dict[str, Any]:
    """Return the schema of a flow's parameters for its form and for the server's validation.

    Args:
        schema: Schema of the flow.
        choices: Existing names.
        left_empty: Fields of the evaluation that are optional.
    """
    form_schema = copy.deepcopy(dict(schema))
    form_schema["properties"] = {
        name: _titled(value, form_schema)
        for name, value in form_schema["properties"].items()
        if not name.endswith("_id")
    }
    for name, model in form_schema.get("definitions", {}).items():
        if name == EVALUATION:
            _offer(model["properties"], choices.by_field())
            _need_not(model, left_empty)
        if name == REVIEW:
            _offer(model["properties"], {"benchmark": choices.benchmarks})
        for field, value in model.get("properties", {}).items():
            _title(field, value)
            _say_bounds(value)
        lay_out(name, model, prices=choices.prices)
    return form_schema


def _titled(value: dict[str, Any], schema: Mapping[str, Any]) -> dict[str, Any]:
    """Return the parameter with the title of its model, if it is one.

    Its default is what an unchanged form sends: a null in it would be refused where names are chosen.
    """
    if isinstance(default := value.get("default"), dict):
        value = {**value, "default": {field: entry for field, entry in default.items() if entry is not None}}
    model = schema.get("definitions", {}).get(value.get("$ref", "").rsplit("/", 1)[-1], {})
    return {**value, "title": model["title"]} if "title" in model else value


def _title(name: str, value: dict[str, Any]) -> None:
    """Give a readable title to a field without one."""
    if value.get("title") == name.replace("_", " ").title():
        value["title"] = TITLES.get(name, name.replace("_", " ").capitalize())


def _offer(fields: dict[str, Any], choices: Mapping[str, tuple[str, ...]]) -> None:
    for name, names in choices.items():
        if not names:
            continue
        for kind in _kinds(fields[name].get("items", fields[name])):
            if kind.get("type") == "string":
                kind["enum"] = list(names)
        description = fields[name]["description"].replace(OF_FILES, "")
        fields[name]["description"] = description if names == tuple(PROVIDERS) else f"{description} {KNOWN_THEN}"


def _need_not(model: dict[str, Any], names: tuple[str, ...]) -> None:
    model["required"] = [name for name in model.get("required", []) if name not in names]
    for name in names:
        model["properties"][name].pop("minItems", None)
        model["properties"][name].setdefault("default", [])


def _say_bounds(value: dict[str, Any]) -> None:
    """Add to the help what Prefect's forms do not show."""
    description = value.get("description", "")
    bounds = [
        words.format(kind[key])
        for kind in _kinds(value)
        for key, words in _BOUNDS.items()
        if key in kind and abs(kind[key]) < TOO_LARGE_TO_SAY
    ]
    if bounds and bounds[0] not in description.lower():
        text = ", ".join(bounds)
        value["description"] = f"{description} {text[0].upper()}{text[1:]}.".strip()


def _kinds(value: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield the field itself, or each of its alternative types."""
    yield from value.get("anyOf", [value])
