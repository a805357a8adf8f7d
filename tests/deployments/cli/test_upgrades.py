"""Upgrades by command, by function and over HTTP; a look that is killed; a pull; and what each refuses."""

from collections.abc import Callable
from typing import Any

import pytest
from api_client import ApiClient
from scripted_ollama import Chat, Reply, ScriptedOllama, right
from stored_runs import Asked, store_run
from watched_runs import answers, many_cases

import selection
from deployments.api.app import create_app
from evaluation.candidate import DEFAULT_OPTIONS, Candidate
from evaluation.errors import ConfigurationError, UnknownNameError
from evaluation.records.candidates import EndpointRecord
from evaluation.store.policies import load_policy
from evaluation.store.registry import save_endpoint
from evaluation.store.session import keep_open, open_store
from evaluation.store.upgrades import list_upgrades

Command = Callable[..., Any]
N = 200
OLD, NEW = "a" * 64, "b" * 64
WRONG = range(40)


def wrong_on(n: int) -> Callable[[Chat], Reply]:
    def script(chat: Chat) -> Reply:
        reply = right(chat)
        return Reply(text="no idea") if int(reply.text) < n else reply

    return script


@pytest.fixture
def server(database: str, ollama_by_script: ScriptedOllama) -> ScriptedOllama:
    """A server whose model was measured on 200 cases, of which it got 160 right."""
    ollama_by_script.add("m:1b", wrong_on(40), digest=OLD)
    cases = many_cases(N)
    with open_store(database) as store:
        save_endpoint(store, EndpointRecord(name="here", url=ollama_by_script.url, provider="ollama"))
        candidate = Candidate(model="m:1b", digest=OLD, options=DEFAULT_OPTIONS)
        measured = Asked(candidate=candidate, outcomes=answers(cases, wrong=WRONG))
        request = {"benchmarks": ["numbers"], "models": ["m:1b"]}
        store_run(store, measured, cases=cases, run_id="usual", request=request)
    return ollama_by_script


def test_by_command_from_the_policy_to_the_decision(
    benchwright: Command, server: ScriptedOllama, prefect_api: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("deployments.prefect_delivery.settle", lambda *_, **__: None)
    made = benchwright("policies", "create", "fast", "--task", "reasoning", "--watch-upgrades")
    assert (0, "fast stands for m:1b\n") == (made.code, made.out), made.err
    assert f"its weights are kept as benchwright-kept/m:{OLD[:12]} on here" in made.err
    server.add("m:1b", wrong_on(60), digest=NEW)

    looked = benchwright("upgrades", "look")

    assert 0 == looked.code, looked.err
    assert looked.out.startswith("1 policy watched on 1 server: 1 open upgrade, 1 tested\n")
    (upgrade,) = benchwright("upgrades", "list", "--json").json
    assert ("weights", "worse", "tested") == (upgrade["kind"], upgrade["verdict"], upgrade["state"])
    alerts = benchwright("alerts", "list", "--rule", "upgrade", "--json").json
    assert [upgrade["upgrade_id"]] == [each["evidence"]["upgrade"] for each in alerts]
    declined = benchwright("upgrades", "decline", upgrade["upgrade_id"])
    assert f"declined the upgrade {upgrade['upgrade_id']} of m:1b on here\n" == declined.out
    again = benchwright("upgrades", "accept", upgrade["upgrade_id"])
    assert 2 == again.code
    assert "was declined already, by command line" in again.err
    assert [] == benchwright("upgrades", "list", "--json").json
    assert {OLD, NEW} == {model.digest for model in server.models.values()}


def test_a_look_that_is_killed_goes_on_where_it_was_and_the_upgrade_is_accepted_over_http(
    benchwright: Command, server: ScriptedOllama, database: str, prefect_api: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("deployments.prefect_delivery.settle", lambda *_, **__: None)
    selection.create_policy("fast", task="reasoning", watch_upgrades=True)
    server.add("m:1b", wrong_on(40), digest=NEW)

    async def killed(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("flows.watch_upgrades.conclude", killed)
        assert 130 == benchwright("upgrades", "look").code
    with open_store(database) as store:
        (begun,) = list_upgrades(store)
    assert ("testing", N) == (begun.state, len(server.chats))

    look = selection.watch_upgrades(policies=["fast"])

    assert [("tested", "equivalent")] == [(each.state, each.verdict) for each in look.upgrades]
    assert N == len(server.chats)
    kept = keep_open(database)
    try:
        api = ApiClient(create_app(kept))
        path = f"/api/v1/upgrades/{begun.upgrade_id}"
        assert "equivalent" == api.get(path).json()["verdict"]
        assert [begun.upgrade_id] == [each["upgrade_id"] for each in api.get("/api/v1/upgrades").json()["items"]]
        assert "accepted" == api.post(f"{path}/acceptance").json()["state"]
        refused = api.post(f"{path}/refusal")
        assert (True, "was accepted already" in refused.json()["detail"]) == (refused.status_code >= 400, True)
        assert 404 == api.get("/api/v1/upgrades/nowhere").status_code
        assert begun.details["tests"][0]["candidate"] != load_policy(kept, "fast").candidate_key
    finally:
        kept.close()
    assert {"m:1b", f"benchwright-kept/m:{NEW[:12]}"} == set(server.models)


def test_what_cannot_be_is_refused_before_a_server_is_started(
    benchwright: Command, server: ScriptedOllama, without_servers: None
) -> None:
    assert 2 == benchwright("upgrades", "look", "--policy", "nowhere").code
    with pytest.raises(UnknownNameError, match="nowhere"):
        selection.accept_upgrade("nowhere")


def test_untested_changes_are_noted_once_and_cannot_be_accepted(server: ScriptedOllama, database: str) -> None:
    from evaluation.model_info import ModelInfo
    from selection.policies.upgrade_watch import note_pull

    selection.create_policy("fast", task="reasoning", watch_upgrades=True)
    pulled = (ModelInfo(name="m:1b", digest=NEW),)
    with open_store(database) as store:
        (upgrade,) = note_pull(store, "here", pulled)
        assert (upgrade,) == note_pull(store, "here", pulled)
        assert () == note_pull(store, "elsewhere", pulled)
    assert [upgrade.upgrade_id] == [each.upgrade_id for each in selection.list_upgrades()]
    with pytest.raises(ConfigurationError, match="was not tested"):
        selection.accept_upgrade(upgrade.upgrade_id)
    assert "declined" == selection.decline_upgrade(upgrade.upgrade_id).state


def test_where_weights_cannot_be_kept_it_is_said(benchwright: Command, server: ScriptedOllama) -> None:
    server.stop()
    made = benchwright("policies", "create", "fast", "--task", "reasoning", "--watch-upgrades")

    assert 0 == made.code
    assert "m:1b is not kept: here: no server answers" in made.err
    (change,) = [each for each in selection.load_policy("fast").changes if each.kind == "kept"]
    assert "problem" in change.details
