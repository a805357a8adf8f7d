"""Every address to which a page sends a form, as the application has them: who may not is refused, and leaves a row."""

import re

import pytest
from api_client import BASE, ApiClient
from fastapi.routing import APIRoute

from deployments.api.app import create_app
from deployments.api.guard import NOT_AUDITED
from deployments.api.pages.mounting import PAGES
from evaluation.records.access import Scope
from evaluation.store.api_keys import create_key
from evaluation.store.audit import list_changes
from evaluation.store.session import KeptStore, info

FORMS = sorted(
    {
        re.sub(r"\{[^}]+\}", "mixed", route.path)
        for pages in PAGES
        for route in pages.router.routes
        if isinstance(route, APIRoute) and "POST" in route.methods and route.path not in NOT_AUDITED
    }
)
FOR_READERS = frozenset({"/runs/mixed/selection/file"})
"""Forms that change nothing: what they answer may be read."""
OF_SCRIPTS = frozenset({"/files"})
"""What our script sends, which reads the answer itself."""
FOREIGN = (
    {"origin": "https://evil.example"},
    {"origin": "null"},
    {"origin": BASE, "sec-fetch-site": "cross-site"},
    {"origin": BASE, "sec-fetch-site": "same-site"},
    {"origin": BASE, "host": "evil.example"},
    {"referer": "https://evil.example/page"},
)


def _tables(store: KeptStore) -> dict[str, int]:
    """Return the number of rows of each table but the audit's and the keys'."""
    return {name: n for name, n in info(store.url).n_rows.items() if name not in ("audit_entry", "api_key")}


@pytest.mark.parametrize("path", FORMS)
def test_who_may_not_changes_nothing(served_store: KeptStore, path: str) -> None:
    app = create_app(served_store)
    here, elsewhere = ApiClient(app), ApiClient(app, address="192.0.2.7")
    chat, reader = (create_key(served_store, name=scope, scopes=[scope])[1] for scope in (Scope.CHAT, Scope.READ))
    before = _tables(served_store)
    fields = {"case": "c01", "rater": "ana", "text": "x", "tag": "x", "number": "1", "run": "mixed"}

    foreign = [here.send("POST", path, data=fields, headers=headers).status_code for headers in FOREIGN]
    nobody = elsewhere.send("POST", path, data=fields, headers={"origin": BASE})
    keyed = [
        elsewhere.send("POST", path, data=fields, headers={"origin": BASE, "authorization": f"Bearer {key}"})
        for key in ("bw_0_0", chat, reader)
    ]

    assert [403] * len(FOREIGN) == foreign
    assert [401, 401, 403] == [nobody.status_code, *(answer.status_code for answer in keyed[:2])]
    assert path in FOR_READERS or 403 == keyed[2].status_code
    assert before == _tables(served_store)
    assert {"chat", "read"} <= {each.key_name for each in list_changes(served_store) if each.path == path}


@pytest.mark.parametrize("path", [path for path in FORMS if path not in OF_SCRIPTS])
def test_a_form_without_its_fields_is_answered_with_a_page(served_store: KeptStore, path: str) -> None:
    answer = ApiClient(create_app(served_store)).send("POST", path, data={"nothing": "1"}, headers={"origin": BASE})
    assert 400 <= answer.status_code < 600
    assert 500 != answer.status_code
    assert "text/html" in answer.headers["content-type"]
