"""What a form of a page must have to be taken, and what is refused before anything is changed."""

from typing import Annotated
from urllib.parse import urlencode

import pytest
from api_client import BASE, ApiClient
from fastapi import APIRouter, FastAPI
from fastapi.responses import Response
from pydantic import Field
from starlette.types import ASGIApp

from deployments.api.access import RUN
from deployments.api.app import create_app
from deployments.api.bodies import Body
from deployments.api.pages.checked_forms import checked, see_other
from deployments.api.pages.posted_forms import FORM_TYPE, LARGEST_FORM, MOST_FIELDS
from deployments.api.pages.rendering import PageRoute
from evaluation.records.access import Scope
from evaluation.store.api_keys import create_key
from evaluation.store.audit import list_changes
from evaluation.store.session import KeptStore

ADDRESS = "/trial"
OWN = {"origin": BASE}


class Trial(Body):
    text: str = Field("", max_length=10)
    n: int | None = None
    cases: tuple[str, ...] = ()


def _application(app: ASGIApp) -> FastAPI:
    """Return the innermost application, which has the routes."""
    while not isinstance(app, FastAPI):
        app = app._app  # type: ignore[attr-defined]
    return app


@pytest.fixture
def served(served_store: KeptStore) -> ASGIApp:
    router = APIRouter(route_class=PageRoute, include_in_schema=False)

    @router.post(ADDRESS, dependencies=[RUN])
    def trial(form: Annotated[Trial, checked(Trial)]) -> Response:
        return see_other("/runs", fragment="last", text=form.text, n=form.n, cases=",".join(form.cases))

    app = create_app(served_store)
    _application(app).include_router(router)
    return app


@pytest.fixture
def page(served: ASGIApp) -> ApiClient:
    return ApiClient(served)


def test_a_form_is_read_and_answered_with_a_page_of_ours(page: ApiClient) -> None:
    fields = {"text": "a & b", "n": "", "cases": ["c1", "", "c,2"]}
    answer = page.send("POST", ADDRESS, data=fields, headers=OWN)
    assert (303, "/runs?text=a+%26+b&cases=c1%2Cc%2C2#last") == (answer.status_code, answer.headers["location"])


def test_each_form_leaves_a_row_with_whose_it_is(page: ApiClient, served_store: KeptStore) -> None:
    _, text = create_key(served_store, name="ana", scopes=[Scope.RUN])
    page.send("POST", ADDRESS, data={"n": "1"}, headers=OWN | {"authorization": f"Bearer {text}"})
    page.send("POST", ADDRESS, data={"n": "x"}, headers=OWN)
    rows = [(each.key_name, each.path, each.status) for each in list_changes(served_store)]
    assert [("ana", ADDRESS, 303), ("local", ADDRESS, 422)] == sorted(rows)


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"text": "x" * 11}, "at most 10 characters"),
        ({"n": "one"}, "n must be a whole number (got &#39;one&#39;)"),
        ({"text": ["a", "b"]}, "expected one value of &#39;text&#39;, received 2"),
        ({"other": "1"}, "other is not a known field. The fields are text, n, cases"),
        ({"text": "a\0b"}, "null character"),
        ({"text": "\ud800"}, "not valid UTF-8"),
        ({"cases": [str(n) for n in range(MOST_FIELDS + 1)]}, "too many fields"),
    ],
)
def test_a_wrong_form_changes_nothing(page: ApiClient, fields: dict[str, str | list[str]], words: str) -> None:
    body = urlencode(fields, doseq=True, errors="surrogatepass")
    answer = page.send("POST", ADDRESS, content=body, headers=OWN | {"content-type": f"{FORM_TYPE}; charset=utf-8"})
    assert (422, True) == (answer.status_code, words in answer.text), answer.text
    assert "text/html" in answer.headers["content-type"]


def test_a_form_that_is_too_large_or_of_another_kind_is_refused(page: ApiClient) -> None:
    large = page.send("POST", ADDRESS, data={"text": "x" * LARGEST_FORM}, headers=OWN)
    other = page.send("POST", ADDRESS, json={"text": "x"}, headers=OWN)
    files = page.send("POST", ADDRESS, data={"text": "x"}, files={"text": b"x"}, headers=OWN)
    assert [413, 422, 422] == [large.status_code, other.status_code, files.status_code]


def test_who_may_not_run_work_may_not_send_a_form(served: ASGIApp, served_store: KeptStore) -> None:
    remote = ApiClient(served, address="192.0.2.7")
    _, text = create_key(served_store, name="reader", scopes=[Scope.READ])
    reader = remote.send("POST", ADDRESS, data={"n": "1"}, headers=OWN | {"authorization": f"Bearer {text}"})
    nobody = remote.send("POST", ADDRESS, data={"n": "1"}, headers=OWN)
    assert [403, 401] == [reader.status_code, nobody.status_code]


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"origin": "https://evil.example"},
        {"origin": "null"},
        OWN | {"sec-fetch-site": "cross-site"},
        OWN | {"sec-fetch-site": "same-site"},
        {"sec-fetch-site": "none"},
        {"referer": "http://evil.example/page"},
        OWN | {"host": "evil.example"},
    ],
)
def test_a_page_of_another_site_cannot_send_a_form(page: ApiClient, headers: dict[str, str]) -> None:
    assert 403 == page.send("POST", ADDRESS, data={"n": "1"}, headers=headers).status_code
