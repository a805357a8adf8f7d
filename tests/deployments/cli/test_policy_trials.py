"""Trials of challengers on the command line and over HTTP."""

from collections.abc import Callable
from typing import Any

import pytest
from api_client import ApiClient
from gateways import OLLAMA, RIGHT, TASK, fill

from deployments.api.app import create_app
from evaluation.store.session import keep_open, open_store

Command = Callable[..., Any]
SMALL, LARGE = "small:1b profile=brief", "large:1b profile=brief"
URLS = {"here": "http://127.0.0.1:1", "there": "http://127.0.0.1:2"}


@pytest.fixture
def policy(database: str, benchwright: Command) -> str:
    """A policy of the small model, in a database that measured both."""
    with open_store(database) as store:
        fill(store, RIGHT, URLS, dict.fromkeys(URLS, OLLAMA))
    assert 0 == benchwright("policies", "create", "fast", "--task", TASK, "--candidate", SMALL).code
    return "fast"


def test_a_trial_is_started_shown_and_stopped(policy: str, benchwright: Command) -> None:
    started = benchwright("policies", "explore", policy, "--challenger", LARGE, "--share", "25%", "--json").json
    assert ("explore", 0.25, LARGE) == (started["mode"], started["share"], started["challenger_label"])

    shown = benchwright("policies", "show", policy)
    assert "explores 25%" in shown.out
    assert "undecided" in shown.out
    assert "Nothing can be said yet" in " ".join(shown.out.split())
    facts = benchwright("policies", "show", policy, "--json").json
    assert (0, None) == (facts["trial"]["challenger"]["n_calls"], facts["trial"]["difference"])

    assert "stopped" == benchwright("policies", "stop", policy, "--json").json["verdict"]
    again = benchwright("policies", "stop", policy)
    assert 2 == again.code
    assert "tries no challenger" in again.err
    assert "is asked too" in benchwright("policies", "shadow", policy, "--challenger", LARGE).out


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("--challenger", LARGE, "--share", "0%"), "--share '0%'"),
        (("--challenger", LARGE, "--share", "some"), "--share 'some'"),
        (("--challenger", LARGE, "--share", "100%"), "the share is 1"),
        (("--challenger", SMALL), "already"),
        (("--challenger", "nobody"), "'nobody'"),
    ],
)
def test_a_wrong_trial_is_refused_by_name(
    policy: str, benchwright: Command, words: tuple[str, ...], message: str
) -> None:
    refused = benchwright("policies", "explore", policy, *words)

    assert 2 == refused.code
    assert message in " ".join(refused.err.split())
    assert "Traceback" not in refused.err


def test_a_trial_over_http(policy: str, database: str) -> None:
    store = keep_open(database)
    api, path = ApiClient(create_app(store)), f"/api/v1/policies/{policy}/trial"

    assert 400 <= api.get(path).status_code < 500
    assert 422 == api.post(path, {"challenger": LARGE, "share": 2}).status_code
    assert 201 == api.post(path, {"challenger": LARGE, "mode": "shadow", "share": 1}).status_code
    assert "undecided" == api.get(path).json()["verdict"]
    assert 400 <= api.post(path, {"challenger": LARGE}).status_code < 500
    assert "stopped" == api.send("DELETE", path).json()["verdict"]
    store.close()
