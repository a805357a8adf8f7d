"""What the form of a deployment shows, and what it refuses."""

from typing import Any

import pytest
from prefect.utilities.callables import parameter_schema
from prefect.utilities.schema_tools.validation import ValidationError, validate
from recorded_models import record_model

from deployments.definitions import DEFINITIONS, Definition
from deployments.forms import KNOWN_THEN, Choices, choices_in, form
from evaluation.candidate import PromptProfile
from evaluation.case import Benchmark, Case
from evaluation.records.candidates import EndpointRecord
from evaluation.requests.evaluation_request import EvaluationRequest
from evaluation.store.benchmarks import save_benchmark
from evaluation.store.models import register_model, retire_model
from evaluation.store.registry import save_endpoint, save_profile
from evaluation.store.session import Store

CHOICES = Choices(benchmarks=("numbers",), models=("a:1b", "b:1b"), endpoints=("big",), profiles=("plain",))


def _form(name: str, choices: Choices = CHOICES) -> dict[str, Any]:
    (definition,) = (one for one in DEFINITIONS if one.name == name)
    schema = parameter_schema(definition.load_flow()).model_dump(exclude_unset=True)
    return form(schema, choices, left_empty=definition.left_empty)


@pytest.mark.parametrize("name", ["evaluate", "compare", "race", "sweep"])
def test_the_names_that_exist_are_the_choices_of_every_flow_that_evaluates(name: str) -> None:
    fields = _form(name)["definitions"]["EvaluationRequest"]["properties"]

    assert ["numbers"] == fields["benchmarks"]["items"]["enum"]
    assert ["a:1b", "b:1b"] == fields["models"]["items"]["enum"]
    assert ["big"] == fields["endpoints"]["items"]["enum"]
    assert ("string", ["plain"]) == (fields["profile"]["type"], fields["profile"]["enum"])
    assert fields["models"]["description"].endswith(KNOWN_THEN)


def test_a_review_chooses_among_the_benchmarks_that_exist() -> None:
    benchmark = _form("review")["definitions"]["ReviewRequest"]["properties"]["benchmark"]

    assert ("string", ["numbers"]) == (benchmark["type"], benchmark["enum"])


@pytest.mark.parametrize("definition", DEFINITIONS, ids=lambda one: one.name)
def test_a_field_that_may_stay_empty_is_no_choice_between_a_type_and_none(definition: Definition) -> None:
    for model in _form(definition.name)["definitions"].values():
        for field, value in model["properties"].items():
            kinds = [kind for kind in value.get("anyOf", []) if "$ref" not in kind and kind != {"type": "null"}]
            assert [] == kinds, field
            assert value.get("type") != "object", field
            assert "anyOf" in value or value.get("default", "") is not None, field
            assert "`" not in value.get("description", ""), field


def test_what_everybody_says_comes_first_and_what_specialists_say_last() -> None:
    fields = list(_form("evaluate")["definitions"]["EvaluationRequest"]["properties"])

    assert ["benchmarks", "models", "candidates", "limit"] == fields[:4]
    assert ["timeout_s", "case_timeout_s"] == fields[-2:]
    assert set(EvaluationRequest.model_fields) == set(fields)


def test_prices_are_a_block_by_name_and_no_json() -> None:
    found = _form("evaluate", Choices(prices=("block:cloud",)))["definitions"]["EvaluationRequest"]["properties"]
    unknown = _form("evaluate", Choices())["definitions"]["EvaluationRequest"]["properties"]

    assert ("string", ["block:cloud"]) == (found["prices"]["type"], found["prices"]["enum"])
    assert "enum" not in unknown["prices"]
    assert "block:NAME" in unknown["prices"]["description"]


@pytest.mark.parametrize("definition", DEFINITIONS, ids=lambda one: one.name)
def test_a_form_that_is_sent_as_it_opens_holds_no_null_which_a_choice_of_names_refuses(definition: Definition) -> None:
    request = _form(definition.name)["properties"]["request"]

    assert None not in request.get("default", {}).values()


def test_where_no_name_is_known_any_is_taken() -> None:
    fields = _form("evaluate", Choices())["definitions"]["EvaluationRequest"]["properties"]

    assert {"type": "string"} == fields["models"]["items"]
    assert KNOWN_THEN not in fields["models"]["description"]


@pytest.mark.parametrize("definition", DEFINITIONS, ids=lambda one: one.name)
def test_ids_are_not_asked_for_and_every_field_has_a_title_and_words(definition: Definition) -> None:
    found = _form(definition.name)

    assert ["request"] == list(found["properties"])
    assert found["properties"]["request"]["title"] != "request"
    for model in found["definitions"].values():
        for name, value in model["properties"].items():
            assert value.get("description") or value.get("$ref"), name
            assert "_" not in value.get("title", ""), name


def test_bounds_are_said_once_since_forms_do_not_show_them() -> None:
    fields = _form("evaluate")["definitions"]["EvaluationRequest"]["properties"]
    seed = _form("retrain")["definitions"]["RetrainRequest"]["properties"]["seed"]

    assert "Concurrent requests per server. At least 1, at most 4096." == fields["slots"]["description"]
    assert (
        "Time limit of one attempt in seconds, excluding model loading. More than 0."
        == fields["timeout_s"]["description"]
    )
    assert 1 == seed["description"].count("least")


def test_a_sweep_on_a_single_prompt_needs_no_benchmark() -> None:
    sweep, race = (_form(name)["definitions"]["EvaluationRequest"] for name in ("sweep", "race"))

    assert ([], ["benchmarks"]) == (sweep["required"], race["required"])
    assert "minItems" not in sweep["properties"]["benchmarks"]


def test_the_schema_of_the_flow_itself_stays_as_it_is() -> None:
    (definition,) = (one for one in DEFINITIONS if one.name == "evaluate")
    schema = parameter_schema(definition.load_flow()).model_dump(exclude_unset=True)
    form(schema, CHOICES)

    assert "invocation_id" in schema["properties"]
    assert {"type": "string"} == schema["definitions"]["EvaluationRequest"]["properties"]["models"]["items"]


def _sent(name: str, **fields: Any) -> None:
    """Returns where Prefect's server takes this evaluation from the form."""
    asked = {"benchmarks": ["numbers"], "models": ["a:1b"], **fields}
    nested = {"runs": []} if name == "compare" else {}
    place = {"request": asked} if name == "evaluate" else {"request": {"evaluation": asked, **nested}}
    schema = _form(name, Choices())
    schema["required"] = []
    for model in schema["definitions"].values():
        model["required"] = []
    validate(place, schema, raise_on_error=True)


@pytest.mark.parametrize("name", ["evaluate", "compare", "race", "sweep"])
@pytest.mark.parametrize(
    "fields",
    [
        {"endpoints": ["http://ana:PASSWORD@127.0.0.1:4522/v1"]},
        {"endpoints": ["big", "ana:PASSWORD@gpu-box"]},
        {"endpoints": ["http://gpu-box/v1?key=PASSWORD"]},
        {"judges": ["a:1b@http://ana:PASSWORD@gpu-box/v1"]},
        {"judges": ["http://ana:PASSWORD@gpu-box/v1"]},
        {"embedder": "a:1b@ana:PASSWORD@gpu-box"},
        {"metrics": ["rubric(model='a:1b@https://ana:PASSWORD@gpu-box/v1')"]},
    ],
)
def test_an_address_with_a_password_is_refused_before_prefect_keeps_it(name: str, fields: dict[str, Any]) -> None:
    with pytest.raises(ValidationError, match=next(iter(fields))):
        _sent(name, **fields)


@pytest.mark.parametrize("name", ["evaluate", "compare", "race", "sweep"])
@pytest.mark.parametrize(
    "fields",
    [
        {"endpoints": ["http://127.0.0.1:4522/v1", "big", "pool:lab", "gpu-box:11434", "[::1]:11434"]},
        {"judges": ["a:1b", "a:1b@big", "hf.co/ana/a:Q4@http://gpu-box/v1"], "embedder": "e:1b@gpu-box:11434"},
        {"metrics": ["rubric(model='a:1b@https://gpu-box/v1')", r"regex(pattern='https?://\w+:\w+@')", "x.py:Own"]},
        {"embedder": None},
    ],
)
def test_an_address_without_a_password_is_taken_wherever_one_may_stand(name: str, fields: dict[str, Any]) -> None:
    _sent(name, **fields)


def test_the_help_of_an_address_says_where_a_key_belongs() -> None:
    fields = _form("evaluate")["definitions"]["EvaluationRequest"]["properties"]

    assert "--key-variable" in fields["endpoints"]["description"]
    assert "no user, password or key" in fields["judges"]["description"]
    assert "no user, password or key" in fields["embedder"]["description"]


@pytest.mark.parametrize("store_url", ["sqlite"], indirect=True)
def test_choices_are_what_comes_with_the_program_and_what_is_stored_and_not_retired(store: Store) -> None:
    save_benchmark(store, Benchmark(name="ours", task_type="reasoning", cases=(Case(case_id="1", prompt="1?"),)))
    save_profile(store, PromptProfile(name="terse", system="One word."))
    save_endpoint(store, EndpointRecord(name="big", url="http://127.0.0.1:9", provider="ollama"))
    for name in ("b:1b", "a:1b", "old:1b"):
        register_model(store, name)
    retire_model(store, "old:1b")
    record_model(store, name="embeds:1b", digest="e", endpoint_name="big", capabilities=("embedding",))

    found = choices_in(store)

    assert ("a:1b", "b:1b") == found.models
    assert ("big", "embedded") == found.endpoints
    assert "ours" == found.benchmarks[-1]
    assert len(found.benchmarks) > 1
    assert ("plain", "terse") == (found.profiles[0], found.profiles[-1])
