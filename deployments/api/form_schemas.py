"""The forms of deployments for pages: the schemas of Prefect's forms, with the names that exist now as choices."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from deployments.api.startable import REQUESTS
from deployments.definitions import DEFINITIONS, Definition
from deployments.forms import KNOWN_THEN, Choices, form

FORMS: Mapping[str, Definition] = {each.name: each for each in DEFINITIONS if each.is_for_people}
"""The deployments that people start, by name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FormSchema:
    """The schema of a form."""

    request: Mapping[str, Any]
    """Refers to the model of the request."""
    definitions: Mapping[str, Any]
    """The models by name."""


def form_schema(deployment: str, choices: Choices) -> FormSchema:
    """Return the schema of a deployment's form, edited as for Prefect's.

    Args:
        deployment: Its name.
        choices: The names that exist.
    """
    kind, definition = REQUESTS[deployment], FORMS[deployment]
    model = kind.model_json_schema(ref_template="#/definitions/{model}")
    models = {**model.pop("$defs", {}), kind.__name__: model}
    flow = {"properties": {"request": {"$ref": f"#/definitions/{kind.__name__}"}}, "definitions": models}
    schema = form(flow, choices, left_empty=definition.left_empty)
    fields = schema["definitions"][kind.__name__]["properties"]
    for each in schema["definitions"].values():
        for field in each.get("properties", {}).values():
            if "description" in field:  # here they are the names that exist now
                field["description"] = field["description"].replace(KNOWN_THEN, "").strip()
    for name, value in definition.parameters.get("request", {}).items():
        fields[name]["default"] = value
    return FormSchema(request=schema["properties"]["request"], definitions=schema["definitions"])
