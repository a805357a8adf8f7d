"""What `auto` stands for, where candidates cannot be served as they were measured."""

from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from gateways import RIGHT, TASK, Behind, candidate, gateway_over
from stored_runs import Asked, answer, store_run

from deployments.gateway.explanations import explained, header_value
from deployments.gateway.plans import task_of
from evaluation.candidate import PipelineChoice
from evaluation.case import Case
from evaluation.store.session import Store

BODY: dict[str, Any] = {"messages": [{"role": "user", "content": "hello"}], "stream": False}


@pytest.fixture
def store_url(sqlite_url: str) -> str:
    return sqlite_url


@pytest.fixture
def behind(store: Store) -> Iterator[Behind]:
    with gateway_over(store, right=RIGHT) as behind:
        yield behind


def ask(behind: Behind, model: str, **more: Any) -> httpx.Response:
    return httpx.post(f"{behind.url}/api/chat", json={"model": model} | BODY | more)


def test_a_candidate_whose_pipeline_is_not_the_one_that_was_measured_is_passed_over_with_its_reason(
    behind: Behind,
) -> None:
    cases = tuple(Case(case_id=f"p{i}", prompt=f"{i}?", references=("yes",)) for i in range(40))
    chosen = PipelineChoice(name="refine", signature="refine(1)")
    measured = Asked(
        candidate=candidate("small", pipeline=chosen),
        outcomes={case.case_id: answer("yes") for case in cases},
    )
    other = Asked(
        candidate=candidate("large"),
        endpoint="there",
        outcomes={case.case_id: answer("yes" if i < 9 else "no") for i, case in enumerate(cases)},
    )
    store_run(behind.store, measured, other, cases=cases, task_type="poetry", name="poetry", run_id="run-p")

    reply = ask(behind, "auto:poetry")

    assert 200 == reply.status_code
    assert "there word1 word2" == reply.json()["message"]["content"]
    assert "the pipeline 'refine' is not what was measured any more" in reply.headers["x-benchwright-reason"]


def test_a_candidate_on_a_server_that_was_removed_is_passed_over(behind: Behind) -> None:
    behind.here.models.pop("small:1b")

    reply = ask(behind, "auto")

    assert "large:1b profile=brief" == reply.headers["x-benchwright-candidate"]
    assert "here no longer has small:1b" in reply.headers["x-benchwright-reason"]


def test_where_nobody_can_be_served_the_error_says_why(behind: Behind) -> None:
    behind.here.models.clear()
    behind.there.models = {"large:1b": "other"}
    behind.here.models["x:1b"] = None

    reply = ask(behind, f"auto:{TASK}")

    assert 400 == reply.status_code
    assert "no longer has small:1b" in reply.json()["error"]
    assert "holds other weights now" in reply.json()["error"]


def test_what_a_request_needs_rules_out_who_lacks_it(behind: Behind) -> None:
    tool = {"type": "function", "function": {"name": "f"}}

    assert 200 == ask(behind, "auto", tools=[tool]).status_code


def test_a_model_that_runs_elsewhere_is_refused(behind: Behind) -> None:
    behind.here.models["huge:cloud"] = "d"

    assert (403, True) == ((reply := ask(behind, "huge:cloud")).status_code, "leave this machine" in reply.text)


def test_without_any_measurement_auto_says_what_to_do(store: Store) -> None:
    with gateway_over(store, right={}) as behind:
        reply = ask(behind, "auto")

    assert 400 == reply.status_code
    assert "benchwright evaluate" in reply.json()["error"]


@pytest.mark.parametrize(
    ("model", "task"),
    [("auto", ""), ("auto:latest", ""), ("auto:poetry", "poetry"), ("automatic:1b", None), ("small:1b", None)],
)
def test_the_task_stands_after_auto(model: str, task: str | None) -> None:
    assert task == task_of(model)


def test_a_reason_is_safe_as_a_header() -> None:
    value = header_value("≥ 95\u202f%\r\nset-cookie: x\x7f" + "y" * 2000)

    assert value.isascii()
    assert value.isprintable()
    assert len(value) <= 900


def test_the_explanation_stands_in_the_first_record() -> None:
    assert b'data: {"a": 1, "benchwright": {"b": 2}}\n\nrest' == explained(b'data: {"a": 1}\n\nrest', {"b": 2})
    assert b'{"a": 1, "benchwright": {"b": 2}}\n{"c": 3}\n' == explained(b'{"a": 1}\n{"c": 3}\n', {"b": 2})
    assert b'{"a": 1, "benchwright": {}}' == explained(b'{\n "a": 1\n}', {})
    assert b"nonsense" == explained(b"nonsense", {})
