"""Layout of a deployment's form: order of the fields, their titles, and plain inputs for optional fields.

Prefect draws an optional field as a choice between a type and *None*. The server accepts an absent value, and null, for
every field that is not required, so the form need not offer that choice.
"""

import re
from collections.abc import Mapping
from typing import Any

ORDER: Mapping[str, tuple[str, ...]] = {
    "EvaluationRequest": (
        *("benchmarks", "models", "candidates", "limit", "level", "repeats", "experiment"),
        *("options", "system", "profile", "metrics", "judges", "embedder", "prices"),
        *("fail_under", "max_failures", "reuse", "seed"),
        *("fields", "ignore_fields"),
        *("endpoints", "embedded", "allow_remote", "slots", "gpu_tag", "provider", "spread"),
        *("timeout_s", "case_timeout_s"),
    ),
    "ComparisonRequest": ("runs", "evaluation", "by", "against", "metrics", "margin", "n_flips", "experiment"),
    "SweepRequest": ("evaluation", "parameters", "prompt", "design", "samples"),
}
"""Order of a form's fields, the specialized ones last; fields not listed follow after them."""
TITLES: Mapping[str, Mapping[str, str]] = {
    "EvaluationRequest": {
        "candidates": "Models with options of their own",
        "limit": "Maximum number of cases",
        "options": "Options for all models",
        "system": "System prompt for all models",
        "profile": "Prompt profile for all models",
        "embedder": "Embedding model",
        "fail_under": "Required checks",
        "fields": "Fields of a benchmark file",
        "ignore_fields": "Fields of a file to ignore",
        "max_failures": "Server failures allowed",
        "reuse": "Reuse earlier answers",
        "endpoints": "Servers",
        "embedded": "Use the embedded server too",
        "allow_remote": "Allow remote models",
        "slots": "Concurrent requests per server",
        "provider": "Protocol of the servers",
    },
    "ComparisonRequest": {
        "evaluation": "Evaluate first",
        "against": "Baseline",
        "margin": "Difference that does not matter",
    },
    "RaceRequest": {
        "alpha": "Probability of dropping the best",
        "margin": "Difference that does not matter",
        "confirm": "Cases for the confirmation",
        "levels": "Levels",
    },
    "SweepRequest": {
        "parameters": "Parameters and their values",
        "prompt": "A single prompt",
        "samples": "Combinations",
    },
}
"""Titles of fields whose name alone says too little, or too much, in a form."""
PRICES_HELP = "Prices of answers: a block of prices, written “block:NAME”. Edit it in Prefect under Blocks."
_CODE = re.compile(r"`([^`]*)`")


def lay_out(name: str, model: dict[str, Any], *, prices: tuple[str, ...] = ()) -> None:
    """Order the fields of one model of a form, and give them titles.

    Args:
        name: Name of the model.
        model: Its schema, which is changed in place.
        prices: Existing blocks of prices.
    """
    fields: dict[str, Any] = model.get("properties", {})
    if name == "EvaluationRequest":
        fields["prices"] = _prices(fields["prices"], prices)
    first = [field for field in ORDER.get(name, ()) if field in fields]
    model["properties"] = {
        field: fields[field] for field in (*first, *(other for other in fields if other not in first))
    }
    for field, value in model["properties"].items():
        if kind := _one_kind(value):
            value.update(kind)
            if value.get("default", ...) is None:
                del value["default"]
        if title := TITLES.get(name, {}).get(field):
            value["title"] = title
        if "description" in value:
            value["description"] = _CODE.sub(r"“\1”", value["description"])


def _prices(value: Mapping[str, Any], blocks: tuple[str, ...]) -> dict[str, Any]:
    """Return a field for the name of a block instead of a table, which people would have to write as JSON."""
    return {
        "title": value["title"],
        "description": PRICES_HELP,
        "type": "string",
        **({"enum": [*blocks]} if blocks else {}),
    }


def _one_kind(value: dict[str, Any]) -> dict[str, Any]:
    """Return the schema of a field's only type beside null; a choice among models is left as it is."""
    kinds = [kind for kind in value.get("anyOf", ()) if kind != {"type": "null"}]
    if len(kinds) != 1 or "$ref" in kinds[0]:
        return {}
    del value["anyOf"]
    return dict(kinds[0])
