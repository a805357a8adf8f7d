"""The flow that asks people, on a real Prefect server: it ends while it waits, and begins anew with what was said."""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from typing import Any
from uuid import UUID

import pytest
from patient_client import patient_client
from reviewable import NAMES, fill

from deployments.definitions import chosen, runner_deployment
from deployments.prefect_delivery import settle
from evaluation.records.reviews import ReviewRecord
from evaluation.store.ratings import load_ratings
from evaluation.store.reviews import find_review
from evaluation.store.session import Store

Json = dict[str, Any]


class Reviewing:
    """A flow run of the deployment, worked on by one new flow engine after another, as by a worker's processes."""

    def __init__(self, api: str, request: Json) -> None:
        self.http = patient_client(api)
        (definition,) = chosen(("review",))
        deployment_id = runner_deployment(definition).apply()
        made = self.http.post(
            f"deployments/{deployment_id}/create_flow_run", json={"parameters": {"request": request}}
        ).raise_for_status()
        self.id: str = made.json()["id"]

    def work(self) -> None:
        """What a process does that a worker starts for the run."""
        from prefect.client.orchestration import get_client
        from prefect.exceptions import Pause
        from prefect.flow_engine import run_flow_async

        from flows.review import review

        async def process() -> None:
            async with get_client() as client:
                flow_run = await client.read_flow_run(UUID(self.id))
            await run_flow_async(flow=review, flow_run=flow_run, parameters=flow_run.parameters, return_type="state")

        with suppress(Pause):
            asyncio.run(process())

    @property
    def state(self) -> Json:
        found: Json = self.http.get(f"flow_runs/{self.id}").json()["state"]
        return found

    @property
    def key(self) -> str | None:
        """Under which name it waits."""
        found: str | None = self.state["state_details"]["pause_key"]
        return found

    def form(self) -> tuple[Json, str]:
        """The schema that the form is made of, and what stands above it."""
        keys = self.state["state_details"]["run_input_keyset"]
        read = [self.http.get(f"flow_runs/{self.id}/input/{keys[name]}").json() for name in ("schema", "description")]
        return read[0], read[1]

    def answer(self, said: Json) -> int:
        """The HTTP status of filling the form in: 201 accepted, 200 refused."""
        return self.http.post(f"flow_runs/{self.id}/resume", json={"run_input": said}).status_code

    def everything_said(self) -> str:
        """All that anybody can see of the run in Prefect."""
        of_run = {"flow_runs": {"id": {"any_": [self.id]}}}
        logs = {"logs": {"flow_run_id": {"any_": [self.id]}}}
        found = [
            self.http.get(f"flow_runs/{self.id}").json(),
            *(self.http.post(f"{kind}/filter", json=of_run).json() for kind in ("task_runs", "artifacts")),
            self.http.post("logs/filter", json=logs).json(),
            *self.form(),
        ]
        return str(found)

    def artifacts(self) -> dict[str, Json]:
        """By key, the newest of each."""
        settle(str(self.http.base_url).rstrip("/"), self.id, timeout_s=300)
        wanted = {"flow_runs": {"id": {"any_": [self.id]}}, "sort": "CREATED_DESC"}
        found = self.http.post("artifacts/filter", json=wanted).json()
        return {one["key"]: one for one in reversed(found)}


@pytest.fixture
def begin(
    prefect_api: str, store_url: str, store: Store, monkeypatch: pytest.MonkeyPatch
) -> Callable[..., tuple[Reviewing, ReviewRecord]]:
    """Begins a review of a run of two candidates, and works on it until it waits."""
    monkeypatch.setenv("BENCHWRIGHT_DATABASE_URL", store_url)
    fill(store)

    def run(**request: Any) -> tuple[Reviewing, ReviewRecord]:
        reviewing = Reviewing(prefect_api, {"runs": ["last"], **request})
        reviewing.work()
        return reviewing, find_review(store, "last")

    return run


Begin = Callable[..., tuple[Reviewing, ReviewRecord]]


def grades(*cases: int, rater: str = "ana", **changed: Any) -> Json:
    names = ("accuracy", "completeness", "relevance", "speed")
    one = {f"a_{name}": 4 for name in names} | {f"b_{name}": 2 for name in names} | {"notes": "so"} | changed
    return {"rater": rater, **{f"case_{number}": one for number in cases}}


def test_it_waits_without_a_process_and_stores_form_by_form(begin: Begin, store: Store) -> None:
    reviewing, review = begin(n_cases=5)
    assert ("Suspended", "cases-1-3") == (reviewing.state["name"], reviewing.key)
    key = f"review-{review.review_id}"
    schema, description = reviewing.form()
    shown = reviewing.artifacts()
    assert [f"{key}-cases-1-3"] == list(shown)
    assert shown[f"{key}-cases-1-3"]["data"] == description
    assert [f"case_{number}" for number in (1, 2, 3)] == schema["required"][1:]
    assert not [name for name in (*NAMES, "run-1") if name in reviewing.everything_said()]

    assert 200 == reviewing.answer(grades(1, 2, 3, a_accuracy=9))
    assert 200 == reviewing.answer(grades(1, 2))
    assert ("Suspended", ()) == (reviewing.state["name"], load_ratings(store, review.review_id))

    # Another run becomes the last one while people think: the review stays what it is.
    fill(store, run_id="run-2", n=3)
    assert 201 == reviewing.answer(grades(1, 2, 3))
    reviewing.work()
    assert ("Suspended", "cases-4-5") == (reviewing.state["name"], reviewing.key)
    assert "ana" == reviewing.form()[0]["properties"]["rater"]["default"]
    first = load_ratings(store, review.review_id)
    assert [("ana", 4, 2, "so")] * 3 == [
        (one.rater, (one.said.grades or ())[0]["accuracy"], (one.said.grades or ())[1]["accuracy"], one.said.notes)
        for one in first
    ]

    assert 201 == reviewing.answer(grades(4, 5, rater="Ana"))
    reviewing.work()
    assert "Completed" == reviewing.state["name"]
    found = load_ratings(store, review.review_id)
    assert (first, {"ana"}, 5) == (found[:3], {one.rater for one in found}, len(found))
    published = reviewing.artifacts()
    assert {f"{key}-{name}" for name in ("cases-1-3", "cases-4-5", "scores", "result")} == published.keys()
    result = published[f"{key}-result"]["data"]
    assert result.startswith("# Review\n\n> ")
    assert all(name in result for name in NAMES)


def test_what_the_server_lets_through_and_cannot_be_stored_is_asked_again(begin: Begin, store: Store) -> None:
    reviewing, review = begin(n_cases=2, kind="preference")
    said = {"case_1": {"better": "A"}, "case_2": {"better": "tie"}}

    assert 201 == reviewing.answer({"rater": "   ", **said})
    reviewing.work()
    assert ("Suspended", "cases-1-2-again-2") == (reviewing.state["name"], reviewing.key)
    assert "**Not stored:** the rater's name is empty" in reviewing.form()[1]
    assert () == load_ratings(store, review.review_id)
    assert 201 == reviewing.answer({"rater": "ana", **said})
    reviewing.work()

    assert "Completed" == reviewing.state["name"]
    assert [0, None] == [one.said.preferred for one in load_ratings(store, review.review_id)]


def test_a_run_that_is_set_going_without_an_answer_asks_again(begin: Begin) -> None:
    reviewing, _ = begin(n_cases=2)
    forced = {"state": {"type": "SCHEDULED", "name": "Scheduled"}, "force": True}
    reviewing.http.post(f"flow_runs/{reviewing.id}/set_state", json=forced).raise_for_status()
    reviewing.work()

    assert ("Suspended", "cases-1-2-again-2") == (reviewing.state["name"], reviewing.key)
    assert "the form came back empty" in reviewing.form()[1]


def test_a_second_rater_rates_the_same_review_and_what_one_rated_is_not_asked_again(begin: Begin, store: Store) -> None:
    first, review = begin(n_cases=2)
    first.answer(grades(1, 2))
    first.work()
    second, _ = begin(review=review.review_id)
    assert ("Suspended", "cases-1-2") == (second.state["name"], second.key)
    second.answer(grades(1, 2, rater="ben", a_accuracy=5))
    second.work()
    again, _ = begin(review="last", rater="BEN")

    assert ["Completed"] * 3 == [one.state["name"] for one in (first, second, again)]
    assert ["ana", "ben"] == sorted({one.rater for one in load_ratings(store, review.review_id)})
    assert "Do raters agree?" in again.artifacts()[f"review-{review.review_id}-result"]["data"]


def test_the_result_has_no_names_while_another_flow_run_waits_for_its_rater(begin: Begin) -> None:
    first, review = begin(n_cases=2)
    second, _ = begin(review=review.review_id)
    first.answer(grades(1, 2))
    first.work()
    key = f"review-{review.review_id}"
    published = first.artifacts()
    assert ("Completed", {f"{key}-cases-1-2", f"{key}-result"}) == (first.state["name"], published.keys())
    page = published[f"{key}-result"]
    assert "revealed when one who started without giving a name has rated" in page["data"]
    assert not [name for name in NAMES if name in str(published) + str(first.state)]

    unblinding, _ = begin(review=review.review_id, unblind=True)
    told = unblinding.artifacts()
    assert ("Completed", {f"{key}-scores", f"{key}-result"}) == (unblinding.state["name"], told.keys())
    assert all(name in told[f"{key}-result"]["data"] for name in NAMES)

    second.answer(grades(1, 2, rater="ben"))
    second.work()
    assert all(name in second.artifacts()[f"{key}-result"]["data"] for name in NAMES)


def test_nobody_waits_for_a_flow_run_that_was_cancelled(begin: Begin) -> None:
    cancelled, review = begin(n_cases=2)
    cancelled.http.post(
        f"flow_runs/{cancelled.id}/set_state", json={"state": {"type": "CANCELLED", "name": "Cancelled"}, "force": True}
    ).raise_for_status()
    reviewing, _ = begin(n_cases=2)
    reviewing.answer(grades(1, 2))
    reviewing.work()

    result = reviewing.artifacts()[f"review-{review.review_id}-result"]["data"]
    assert all(name in result for name in NAMES)


def test_a_wish_that_cannot_be_met_fails_the_run_in_words(begin: Begin) -> None:
    reviewing, _ = begin(n_cases=1)
    wrong = Reviewing(str(reviewing.http.base_url), {"runs": ["nope"]})
    wrong.work()

    assert "Failed" == wrong.state["name"]
    assert "unknown run 'nope'" in wrong.state["message"]
