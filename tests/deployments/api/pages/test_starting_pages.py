"""Forms that start work: made from the requests of the deployments, checked as by the API, started as by the API."""

from dataclasses import replace
from html import unescape
from uuid import UUID

import pytest
from api_client import ApiClient
from compared_runs import compared
from hostile_texts import MARK, letters
from page_posts import post_form
from prefect.utilities.callables import parameter_schema
from prefect_by_script import OURS, PrefectByScript, evaluation_of
from seen_pages import SeenPage

from deployments.api import flow_runs, listed_work
from deployments.api.form_schemas import FORMS, form_schema
from deployments.api.model_servers import ModelServer, ModelServers
from deployments.api.pages.form_fields import Kind, form_group, model_place
from deployments.api.pages.form_values import Filled, with_chosen_server
from deployments.api.startable import REQUESTS
from deployments.forms import KNOWN_THEN, Choices, form
from evaluation.requests.evaluation_request import EvaluationRequest
from evaluation.store.session import KeptStore

HOSTILE = f'"><img src=x onerror=alert(1)>{{{{1234*8000}}}}{MARK}\u202e'


@pytest.fixture(autouse=True)
def _no_model_server(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OLLAMA_HOST", "http://127.0.0.1:9")


@pytest.mark.parametrize("deployment", FORMS)
def test_a_form_is_made_from_the_request_of_its_deployment_as_prefects_is(deployment: str) -> None:
    choices = Choices(benchmarks=("a", "b"), models=("m",))
    definition = FORMS[deployment]
    flow = parameter_schema(definition.load_flow()).model_dump()
    of_prefect = form(flow, choices, left_empty=definition.left_empty)["definitions"]
    ours = form_schema(deployment, choices).definitions
    assert of_prefect.keys() == ours.keys()
    for name, model in of_prefect.items():
        for field, schema in model.get("properties", {}).items():
            shown = ours[name]["properties"][field]
            assert schema.get("title") == shown.get("title"), field
            assert schema.get("description", "").replace(KNOWN_THEN, "").strip() == shown.get("description", ""), field
            assert schema.get("minimum") == shown.get("minimum"), field


@pytest.mark.parametrize("deployment", FORMS)
def test_every_form_is_shown_with_all_its_fields(api: ApiClient, deployment: str) -> None:
    answer = api.get(f"/start/{deployment}")
    assert 200 == answer.status_code
    seen = SeenPage(answer.text)
    assert [] == seen.problems
    assert seen.is_in_order
    schema = form_schema(deployment, Choices())
    for place in model_place(schema.request, schema.definitions).all_fields():
        assert f'name="{place.name}"' in answer.text, place.name


@pytest.mark.parametrize("deployment", ["compare", "review"])
def test_runs_that_the_address_names_are_filled_in(api: ApiClient, deployment: str) -> None:
    runs = ["0123456789ab", HOSTILE]

    answer = api.get(f"/start/{deployment}", params={"runs": runs})

    assert 200 == answer.status_code
    seen = SeenPage(answer.text)
    assert [] == seen.problems
    assert letters("\n".join(runs)) in letters(seen.text)
    assert 422 == api.get(f"/start/{deployment}", params={"runs": "x" * 501}).status_code


def test_kinds_of_fields_follow_the_schema() -> None:
    schema = form_schema("race", Choices(benchmarks=("a",), models=("m",)))
    group = form_group(model_place(schema.request, schema.definitions), {}, {}, schema.definitions)
    kinds = {field.name: field.kind for below in (group, *group.groups) for field in (*below.fields, *below.folded)}
    assert Kind.CHOICES is kinds["evaluation.benchmarks"]
    assert Kind.FLAG is kinds["evaluation.reuse"]
    assert Kind.NUMBER is kinds["evaluation.limit"]
    assert Kind.LINES is kinds["budget"]
    assert Kind.CHOICE is kinds["method"]


def test_a_form_starts_the_deployment_with_what_is_not_the_default(api: ApiClient, prefect: PrefectByScript) -> None:
    prefect.offered = ["classification"]
    fields = {
        "benchmarks": ["classification"],
        "models": ["m:1b"],
        "limit": "5",
        "repeats": "1",
        "once": "a",
        "do": "start",
    }
    answer = post_form(api, "/start/evaluate", fields)
    assert 303 == answer.status_code
    run = prefect.runs[UUID(answer.headers["location"].removeprefix("/work/"))]
    assert {"request": {**evaluation_of("classification")["request"], "limit": 5}} == run.parameters
    assert ["page local a"] == prefect.idempotency_keys


def test_a_default_of_the_deployment_is_sent_and_may_be_emptied(
    api: ApiClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent: list[object] = []

    def start(deployment: str, parameters: object, **_: object) -> object:
        sent.append(parameters)
        raise flow_runs.ProblemError(503, "stopped here")

    monkeypatch.setattr(flow_runs, "start", start)
    post_form(api, "/start/retrain", {"if_enough_new": "100", "seed": "0", "do": "start"})
    post_form(api, "/start/retrain", {"if_enough_new": "", "seed": "0", "do": "start"})
    assert [{"request": {"if_enough_new": 100}}, {"request": {"if_enough_new": None}}] == sent


@pytest.mark.parametrize(
    ("deployment", "fields", "place", "words"),
    [
        ("evaluate", {"models": "m", "benchmarks": "classification", "limit": "0"}, "limit", "at least 1"),
        ("evaluate", {"models": "m", "benchmarks": "classification", "limit": "ten"}, "limit", "whole number"),
        ("evaluate", {"models": "m"}, "benchmarks", "choose at least one"),
        ("evaluate", {"benchmarks": "classification"}, "models",
         "no model: give at least one of “Models” or “Models with options of their own”</p>"),
        ("compare", {}, "runs", "give “Runs” or “Experiment”, or “Benchmarks” and “Models” to evaluate now</p>"),
        ("grade-traffic", {}, "judge", "Name a model with “Judge”"),
        ("compare", {"runs": "mixed", "margin": "wide"}, "margin",
         "“Difference that does not matter” 'wide' is not a number"),
        ("evaluate", {"models": "m", "benchmarks": "classification", "options": "temprature=1"}, "options", "tempra"),
        ("race", {"evaluation.models": "m", "evaluation.benchmarks": "classification"}, "evaluation.models", "two "),
        ("race", {"evaluation.models": "m", "evaluation.seed": "-1"}, "evaluation.seed", "at least 0"),
        ("sweep", {"evaluation.models": "m", "evaluation.benchmarks": "classification"}, "parameters", "no parameter"),
        ("monitor", {"slower_than": "0.5"}, "slower_than", "more than 1"),
        ("monitor", {"token_budgets": "{"}, "token_budgets", "is not JSON"),
        ("review", {"n_cases": "900"}, "n_cases", "at most 500"),
        ("write-benchmark", {"corpus": "docs"}, "check", "fill it in"),
        ("decide-upgrade", {"upgrade": "x"}, "decision", "choose one"),
        ("compare", {"runs": "mixed\nzzz"}, "runs", "unknown run 'zzz'"),
        ("compare", {"experiment": "zzz"}, "experiment", "unknown experiment 'zzz'"),
        ("review", {"runs": "zzz"}, "runs", "unknown run 'zzz'"),
        ("review", {"runs": "mixed", "candidates": "zzz"}, "candidates", "unknown side 'zzz'"),
        ("review", {"review": "zzz"}, "review", "unknown review 'zzz'"),
        ("evaluate", {"models": "m", "benchmarks": "zzz"}, "benchmarks", "unknown benchmark 'zzz'"),
        ("evaluate", {"models": "m", "benchmarks": "classification", "profile": "zzz"}, "profile", "profile 'zzz'"),
        ("watch-upgrades", {"policies": "zzz"}, "policies", "unknown policy 'zzz'"),
        ("decide-upgrade", {"upgrade": "zzz", "decision": "accept"}, "upgrade", "unknown upgrade 'zzz'"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_said_at_its_field(
    api: ApiClient, deployment: str, fields: dict[str, str], place: str, words: str
) -> None:
    answer = post_form(api, f"/start/{deployment}", {**fields, "do": "start"})
    assert 422 == answer.status_code
    assert [] == SeenPage(answer.text).problems
    if place:
        key = f"field-{place.replace('.', '-')}"
        after = answer.text[answer.text.index(f'id="{key}-help"') :]
        assert words in unescape(after[: after.index("</div>")])
    else:
        assert words in answer.text
    assert "Nothing was started" in answer.text


_BOX = ModelServer(
    name="box",
    url="http://127.0.0.1:9",
    provider="ollama",
    version="1",
    models=(),
    is_embedded=False,
    is_default=False,
)


@pytest.mark.parametrize("deployment", ["evaluate", "race"])
def test_where_the_default_server_is_away_another_one_has_to_be_chosen(
    api: ApiClient, prefect: PrefectByScript, monkeypatch: pytest.MonkeyPatch, deployment: str
) -> None:
    within = "" if deployment == "evaluate" else "evaluation."
    fields = {f"{within}benchmarks": "classification", f"{within}models": "m:1b\nn:1b", "do": "start"}
    away = replace(_BOX, name="away", error="no answer")
    monkeypatch.setattr(ModelServers, "now", lambda *_, **__: (away, _BOX))

    refused = post_form(api, f"/start/{deployment}", fields)
    assert 422 == refused.status_code
    assert "does not answer: choose box." in unescape(refused.text)
    assert 'endpoints-help"><p class="wrong text">No server is chosen' in refused.text


def test_no_server_has_to_be_chosen_where_one_is_or_where_one_answers(monkeypatch: pytest.MonkeyPatch) -> None:
    for server, others in (
        (_BOX, ("box",)),
        (replace(_BOX, is_default=True), ()),
        (replace(_BOX, is_embedded=True), ()),
        (replace(_BOX, error="no answer"), ()),
    ):
        monkeypatch.setattr(ModelServers, "now", lambda *_, server=server, **__: (server,))
        assert others == ModelServers(None).instead_of_default()
    for chosen, n_errors in (({}, 1), ({"endpoints": ["box"]}, 0), ({"embedded": True}, 0)):
        request = EvaluationRequest.model_validate({"benchmarks": ["classification"], "models": ["m:1b"], **chosen})
        filled = Filled(values={}, request=request, errors={})
        assert n_errors == len(with_chosen_server(filled, ("box",)).errors)
        assert {} == with_chosen_server(filled, ()).errors


def test_what_was_filled_in_stays_and_is_text(api: ApiClient) -> None:
    fields = {name: HOSTILE for name in ("benchmarks", "models", "candidates", "system", "limit", "experiment", "once")}
    for do in ("preview", "start"):
        answer = post_form(api, "/start/evaluate", {**fields, "do": do})
        assert answer.status_code < 500
        seen = SeenPage(answer.text)
        assert [] == seen.problems
        assert "9872000" not in seen.text
        assert letters(HOSTILE) in letters(seen.text)


def test_a_preview_starts_nothing_and_names_what_is_missing(api: ApiClient, prefect: PrefectByScript) -> None:
    answer = post_form(api, "/start/evaluate", {"benchmarks": "classification", "models": "m:1b", "do": "preview"})
    assert answer.status_code >= 400
    assert "Next:" in answer.text
    assert {} == prefect.runs
    compared = post_form(api, "/start/compare", {"runs": "mixed\nlater", "do": "preview"})
    assert "2 stored runs will be compared" in compared.text
    monitored = post_form(api, "/start/monitor", {"do": "preview"})
    assert "No model is asked" in monitored.text
    assert {} == prefect.runs


def test_a_run_is_made_once_more_or_changed_first(
    api: ApiClient, served_store: KeptStore, prefect: PrefectByScript, monkeypatch: pytest.MonkeyPatch
) -> None:
    changed = api.get("/start", params={"run": "mixed"})
    assert 200 == changed.status_code
    assert [] == SeenPage(changed.text).problems
    started: list[object] = []

    def start(deployment: str, parameters: object, **_: object) -> object:
        started.append((deployment, parameters))
        raise flow_runs.ProblemError(503, "stopped here")

    monkeypatch.setattr(flow_runs, "start", start)
    answer = post_form(api, "/runs/mixed/again")
    assert answer.status_code in (422, 503)
    assert 404 == post_form(api, "/runs/nobody/again").status_code
    assert 422 == api.get("/start", params={"run": "nobody"}).status_code


def test_without_prefect_nothing_starts_and_the_page_says_what_to_do(
    api: ApiClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(flow_runs, "prefect_api", lambda: None)
    answer = post_form(api, "/start/monitor", {"do": "start"})
    assert 503 == answer.status_code
    assert "no Prefect server is named" in answer.text
    assert "benchwright serve" in answer.text
    listed = api.get("/work")
    assert 200 == listed.status_code
    assert "no Prefect server is named" in listed.text


def test_work_is_followed_cancelled_and_resumed(api: ApiClient, prefect: PrefectByScript) -> None:
    running, failed = prefect.add(OURS), prefect.add(OURS, state="FAILED")
    prefect.runs[UUID(running)].name = HOSTILE
    shown = api.get(f"/work/{running}")
    assert 200 == shown.status_code
    assert [] == SeenPage(shown.text).problems
    assert letters(HOSTILE) in letters(SeenPage(shown.text).text)
    assert "<button>Cancel</button>" in shown.text
    assert "<button>Resume</button>" in api.get(f"/parts/work/{failed}").text
    answer = post_form(api, f"/work/{running}/cancellation")
    assert (303, f"/work/{running}") == (answer.status_code, answer.headers["location"])
    assert [UUID(running)] == prefect.changed
    assert 404 == api.get("/work/nobody").status_code
    assert 409 == post_form(api, f"/work/{failed}/cancellation").status_code


def test_prefects_pages_are_named_without_a_user_or_password(monkeypatch: pytest.MonkeyPatch) -> None:
    from prefect.settings import PREFECT_API_URL, temporary_settings

    with temporary_settings({PREFECT_API_URL: "http://anna:secret@bench.example:4200/api"}):
        assert "http://bench.example:4200" == listed_work.prefect_pages()


def test_every_deployment_for_people_has_a_request() -> None:
    assert set(FORMS) == set(REQUESTS)


def test_ended_work_leads_to_the_comparisons_that_it_made(
    api: ApiClient, prefect: PrefectByScript, served_store: KeptStore
) -> None:
    made = compared(served_store, "mixed")
    ended, running = prefect.add(OURS, state="COMPLETED"), prefect.add(OURS)
    address = f"http://here:4210/comparisons/{made.comparison_id}/report?format=html"
    prefect.links[ended] = [
        "[x](javascript:alert(1))",
        f"[The report]({address})",
        "[gone](http://here:4210/comparisons/0123456789ab/report?format=html)",
        f"[again]({address})",
        None,
    ]
    prefect.links[running] = prefect.links[ended]

    seen = SeenPage(api.get(f"/work/{ended}").text)

    assert [] == seen.problems
    comparisons = [link for link in seen.links if link.startswith("/comparisons/")]
    assert [f"/comparisons/{made.comparison_id}"] == comparisons
    assert letters(made.sentences[0]) in letters(seen.text)
    assert "of 0 answers" not in seen.text
    assert f"/comparisons/{made.comparison_id}" not in api.get(f"/work/{running}").text
