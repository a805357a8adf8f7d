"""People rate hostile answers: the deployment `review` on a worker, its forms looked at before they are filled in."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from hostile_pages import Look
from hostile_texts import NAME, TEXTS
from patient_client import patient_client

from deployments.definitions import chosen
from deployments.deploying import DeployRequest, deploy
from deployments.forms import Choices
from deployments.serving.worker import POOL, make_pool, start_worker
from evaluation.records.reviews import ReviewItem, ReviewRecord
from evaluation.reviews.blinded_cases import criteria_of, letter
from evaluation.reviews.progress import page_key
from evaluation.settings import Settings
from evaluation.store.reviews import find_review
from evaluation.store.session import open_store
from evaluation.store.summaries import list_runs

PATIENCE_S = 300.0
Json = dict[str, Any]


def review_all(look: Look, api: str) -> None:
    """Rates the first run's answers: by grades, and by which of two is better, as two people."""
    with open_store(Settings().database) as store:
        first = list_runs(store, limit=None)[-1].run_id
    graded = {"runs": [first], "n_cases": 24, "cases_per_form": 8, "criteria": ["accuracy", "speed"]}
    Reviewing(look, api, graded).rate(NAME)
    preferred = {"runs": [first], "n_cases": 8, "cases_per_form": 8, "kind": "preference", "n_raters": 2}
    one = Reviewing(look, api, preferred | {"rater": NAME})
    one.rate(NAME)
    Reviewing(look, api, {"review": one.review.review_id, "cases_per_form": 8}).rate(f"b{NAME}")


@contextmanager
def reviews_deployed() -> Iterator[None]:
    """The deployment, and a worker that runs it, as `benchwright serve` has them.

    To be opened before a browser, whose event loop nothing can be deployed beside.
    """
    from prefect.client.orchestration import get_client

    with get_client(sync_client=True) as client:
        make_pool(client)
    deploy(chosen(("review",)), DeployRequest(choices=Choices(), work_pool=POOL))
    with start_worker():
        yield


class Reviewing:
    """A flow run of the deployment, whose forms are looked at and filled in."""

    def __init__(self, look: Look, api: str, request: Json) -> None:
        self._look, self._api = look, patient_client(api)
        deployment = self._api.get("deployments/name/review/review").raise_for_status().json()
        asked = {"parameters": {"request": request}}
        made = self._api.post(f"deployments/{deployment['id']}/create_flow_run", json=asked).raise_for_status()
        self._id: str = made.json()["id"]
        self._rater: str | None = request.get("rater")

    @property
    def review(self) -> ReviewRecord:
        """What it is about, once it waited."""
        with open_store(Settings().database) as store:
            return find_review(store, "last")

    def rate(self, rater: str) -> None:
        """Looks at each form and fills it in, until there is none."""
        answered: set[str] = set()
        while (key := self._waits_for(answered)) is not None:
            keys = self._flow_run()["state"]["state_details"]["run_input_keyset"]
            schema, description = (self._input(keys[name]) for name in ("schema", "description"))
            items = [one for one in self.review.items if f"case_{one.position + 1}" in schema["properties"]]
            answers = [output.answer for item in items for output in item.outputs]
            said = "\n".join([description.replace("<br>", ""), *_descriptions(schema)])
            self._look.form(self._id, page_key(items), said, answers, rater=self._rater)
            given = self._api.post(f"flow_runs/{self._id}/resume", json={"run_input": self._said(rater, items)})
            if given.status_code != 201:
                self._look.wrong.append(f"review: the form {key} is refused: {given.status_code} {given.text}")
                return
            self._rater = rater
            answered.add(key)
        if not answered:
            self._look.wrong.append("review: nobody was asked anything")

    def _waits_for(self, answered: set[str]) -> str | None:
        """Under which name it waits for a person; None: it is completed, or complained of."""
        deadline = time.monotonic() + PATIENCE_S
        while time.monotonic() < deadline:
            state = self._flow_run()["state"]
            key: str | None = state["state_details"].get("pause_key")
            if state["name"] == "Suspended" and key not in answered:
                return key
            if state["type"] in ("COMPLETED", "FAILED", "CRASHED", "CANCELLED"):
                if state["type"] != "COMPLETED":
                    self._look.wrong.append(f"review ended as {state['name']}: {state['message']}")
                return None
            time.sleep(0.5)
        self._look.wrong.append(f"review: still {state['name']} after {PATIENCE_S:g} s")
        return None

    def _flow_run(self) -> Json:
        found: Json = self._api.get(f"flow_runs/{self._id}").raise_for_status().json()
        return found

    def _input(self, key: str) -> Any:
        return self._api.get(f"flow_runs/{self._id}/input/{key}").raise_for_status().json()

    def _said(self, rater: str, items: list[ReviewItem]) -> Json:
        return {"rater": rater, **{f"case_{item.position + 1}": self._said_of(item) for item in items}}

    def _said_of(self, item: ReviewItem) -> Json:
        notes = {"notes": TEXTS[item.position % len(TEXTS)]}
        if not (names := criteria_of(self.review, item)):
            return {"better": ("A", "B", "tie")[item.position % 3], **notes}
        return notes | {
            f"{letter(place).lower()}_{name}": 1 + (item.position + place) % 5
            for place in range(len(item.outputs))
            for name in names
        }


def _descriptions(schema: Any) -> Iterator[str]:
    """The help of every field."""
    if isinstance(schema, dict):
        if isinstance(said := schema.get("description"), str):
            yield said
        schema = list(schema.values())
    for part in schema if isinstance(schema, list) else ():
        yield from _descriptions(part)


def answers_on(artifact: Json) -> list[str]:
    """The answers that a page of cases must show; empty for any other page."""
    _, _, rest = artifact["key"].partition("review-")
    review_id, _, cases = rest.partition("-cases-")
    if not cases:
        return []
    first, last = map(int, cases.split("-")[:2])
    with open_store(Settings().database) as store:
        items = find_review(store, review_id).items
    return [output.answer for item in items if first <= item.position + 1 <= last for output in item.outputs]
