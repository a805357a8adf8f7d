"""The upgrade watch, on a real Prefect server and a scripted model server: changes, re-tests, verdicts, decisions."""

import asyncio
import subprocess
import sys
from collections.abc import Callable
from typing import Any

import httpx
import pytest
from api_client import ApiClient
from deployed_flows import deployed, worker_process
from looking_back import outcomes
from scripted_ollama import Chat, Reply, ScriptedOllama, right
from served import eventually
from served_asgi import served_asgi

from deployments.api.app import create_app
from deployments.api.flow_runs import start
from deployments.gateway.gateway import Gateway, gateway_app
from deployments.gateway.gateway_settings import GatewaySettings
from evaluation.records.policies import Policy
from evaluation.requests.upgrade_request import UpgradeDecision, UpgradeWatch
from evaluation.results.upgrades import UpgradeLook
from evaluation.store.alerts import list_alerts
from evaluation.store.policies import list_changes, load_policy
from evaluation.store.runs import runs_of_invocation
from evaluation.store.session import Store, keep_open
from evaluation.store.upgrades import list_upgrades
from selection.policies.definition import create_policy
from selection.policies.settings import PolicySettings
from selection.policies.upgrade_tests import retests_of
from selection.preferences import Question
from tasks.upgrades.keeping import keep_policy

Evaluate = Callable[..., Any]
N = 200
OLD, NEW, NEWER = "a" * 64, "b" * 64, "c" * 64
KEPT = f"benchwright-kept/model:{OLD[:12]}"


def wrong_on(n: int) -> Callable[[Chat], Reply]:
    """Answers as `right`, but wrongly to the first `n` questions."""

    def script(chat: Chat) -> Reply:
        reply = right(chat)
        return Reply(text="no idea") if reply.text.isdigit() and int(reply.text) < n else reply

    return script


@pytest.fixture
def policy(
    evaluate: Evaluate, benchmark_file: Callable[..., str], ollama_by_script: ScriptedOllama, store: Store
) -> Policy:
    """A policy that watches upgrades, for a candidate that was measured on 200 cases and got all but 40 right."""
    ollama_by_script.add("model:latest", wrong_on(40), digest=OLD)
    assert evaluate(benchmark_file(N), models=["model"], options=["temperature=0.5"], seed=3).is_completed()
    settings = PolicySettings(watches_upgrades=True)
    made = create_policy(store, "fast", Question(task="reasoning"), settings=settings, by="test", candidate=None)
    assert ((f"{KEPT} on {ollama_by_script.name}",), ()) == keep_policy(store, made, by="test")
    ollama_by_script.chats.clear()
    return made


def look(**request: Any) -> UpgradeLook:
    from flows.watch_upgrades import watch_upgrades as flow

    running: Any = flow(UpgradeWatch(**request))
    result: UpgradeLook = asyncio.run(running)
    return result


def decide(upgrade: str, decision: Any) -> tuple[str, ...]:
    """Decides as the form does."""
    from flows.decide_upgrade import decide_upgrade as flow

    running: Any = flow(UpgradeDecision(upgrade=upgrade, decision=decision))
    sentences: tuple[str, ...] = asyncio.run(running)
    return sentences


def pull(server: ScriptedOllama, n_wrong: int, digest: str = NEW) -> None:
    """The name means other weights from now on."""
    server.add("model:latest", wrong_on(n_wrong), digest=digest)


def name_asked(store: Store, server: ScriptedOllama) -> str:
    """Asks the policy through the gateway, and returns the name of the model that answered."""
    settings = GatewaySettings(listing_age_s=0.0, loaded_age_s=0.0, policies_age_s=0.0)
    with served_asgi(gateway_app(Gateway(store, settings=settings))) as gateway:
        body = {"model": "fast", "messages": [{"role": "user", "content": "What is 77?"}]}
        answer = httpx.post(f"{gateway.url}/v1/chat/completions", json=body, timeout=60)
    assert 200 == answer.status_code, answer.text
    return server.chats[-1].model


def test_worse_weights_are_told_within_a_look_and_the_policy_stays_on_the_old_ones(
    policy: Policy, ollama_by_script: ScriptedOllama, store: Store
) -> None:
    pull(ollama_by_script, 60)

    seen = look()

    (upgrade,) = seen.upgrades
    assert ("weights", "worse", "tested") == (upgrade.kind, upgrade.verdict, upgrade.state)
    assert (OLD, NEW, (policy.policy_id,)) == (upgrade.before, upgrade.after, upgrade.policy_ids)
    (test,) = upgrade.details["tests"]
    assert (N, 20, 0) == (test["n_cases"], test["n_worse"], test["n_better"])
    assert -0.1 == pytest.approx(test["gain"])
    assert test["slowdown"]["ratio"] > 0
    assert N == len(ollama_by_script.chats) == ollama_by_script.asked("model:latest").total()
    assert {0.5} == {chat.options["temperature"] for chat in ollama_by_script.chats}
    (alert,) = list_alerts(store)
    assert ("upgrade", "critical", alert.alert_id) == (alert.rule, alert.severity, upgrade.alert_id)
    assert "is worse. numbers: exact_match -10.0 points" in alert.sentence
    for way in ("accept", "decline"):
        assert f"`benchwright upgrades {way} {upgrade.upgrade_id}`" in alert.sentence
    assert alert.notified_at is not None
    assert policy.candidate_key == load_policy(store, "fast").candidate_key
    assert KEPT == name_asked(store, ollama_by_script)

    ollama_by_script.chats.clear()
    again = look()
    assert ([], [upgrade.upgrade_id]) == (ollama_by_script.chats, [each.upgrade_id for each in again.upgrades])

    decide(upgrade.upgrade_id, "decline")
    assert ((), 1) == (look().upgrades, len(list_upgrades(store)))
    assert ([], []) == (ollama_by_script.chats, list(list_alerts(store)))
    assert KEPT == name_asked(store, ollama_by_script)


def test_equal_weights_are_equivalent_and_accepted_by_form(
    policy: Policy, ollama_by_script: ScriptedOllama, store: Store
) -> None:
    pull(ollama_by_script, 40)
    (upgrade,) = look().upgrades
    assert "equivalent" == upgrade.verdict
    assert KEPT == name_asked(store, ollama_by_script)

    sentences = decide(upgrade.upgrade_id[:6], "accept")

    changed = load_policy(store, "fast")
    assert policy.candidate_key != changed.candidate_key == upgrade.details["tests"][0]["tested"]
    assert f"removed {KEPT} from {ollama_by_script.name}" in sentences
    assert {"model:latest", f"benchwright-kept/model:{NEW[:12]}"} == set(ollama_by_script.models)
    assert ["created", "kept", "upgrade", "kept"] == [each.kind for each in list_changes(store, policy.policy_id)]
    assert "model:latest" == name_asked(store, ollama_by_script)
    assert [] == list(list_alerts(store))

    # The re-test is what decides from now on: the next change is compared with it.
    pull(ollama_by_script, 40, NEWER)
    (newer,) = look().upgrades
    assert (NEW, "equivalent") == (newer.before, newer.verdict)
    assert upgrade.details["tests"][0]["retest"] == newer.details["tests"][0]["run"]


def test_another_server_version_has_equal_weights_asked_anew(
    policy: Policy, ollama_by_script: ScriptedOllama, store: Store
) -> None:
    ollama_by_script.version = "0.34.0"

    (upgrade,) = look().upgrades

    assert ("server", "0.33.0", "0.34.0", "equivalent") == (
        upgrade.kind,
        upgrade.before,
        upgrade.after,
        upgrade.verdict,
    )
    assert N == len(ollama_by_script.chats)
    assert upgrade.details["tests"][0]["run"] != upgrade.details["tests"][0]["retest"]
    assert [upgrade.upgrade_id] == [each.upgrade_id for each in look().upgrades]
    assert N == len(ollama_by_script.chats)

    decide(upgrade.upgrade_id, "accept")
    assert () == look().upgrades
    assert (policy.candidate_key, "upgrade") == (
        load_policy(store, "fast").candidate_key,
        list_changes(store, policy.policy_id)[-1].kind,
    )


def test_a_server_that_is_away_is_said_and_nothing_is_concluded(
    policy: Policy, ollama_by_script: ScriptedOllama, store: Store
) -> None:
    pull(ollama_by_script, 60)
    ollama_by_script.stop()
    away = look()
    assert (0, ()) == (away.n_servers, away.upgrades)
    assert f"{ollama_by_script.name} does not answer, and nothing is concluded of it" in away.away[0]

    ollama_by_script.start()
    answered = 0

    def leaving(chat: Chat) -> Reply:
        nonlocal answered
        answered += 1
        return wrong_on(60)(chat) if answered <= 50 else Reply(status=500, error="out of memory")

    ollama_by_script.add("model:latest", leaving, digest=NEW)
    (failed,) = look().upgrades
    assert ("failed", None) == (failed.state, failed.verdict)
    (alert,) = list_alerts(store)
    assert "nothing is concluded: run " in alert.sentence

    n_before = len(ollama_by_script.chats)
    pull(ollama_by_script, 60)
    (tested,) = look().upgrades
    assert ("tested", "worse", failed.upgrade_id) == (tested.state, tested.verdict, tested.upgrade_id)
    assert len(ollama_by_script.chats) - n_before <= N - 40, "answers that were stored are not asked for again"
    assert ["is worse"] == ["is worse" for each in list_alerts(store) if "is worse" in each.sentence]


def test_what_is_over_before_anybody_decided_is_closed(
    policy: Policy, ollama_by_script: ScriptedOllama, store: Store
) -> None:
    pull(ollama_by_script, 60)
    (upgrade,) = look().upgrades
    pull(ollama_by_script, 40, OLD)

    assert () == look().upgrades
    (closed,) = list_upgrades(store)
    assert (upgrade.upgrade_id, "declined", "upgrade watch") == (closed.upgrade_id, closed.state, closed.decided_by)
    assert [] == list(list_alerts(store))


def by_form(deployment: str, **request: Any) -> str:
    """Starts a deployment as its form does, and returns the flow run's id."""
    return start(deployment, {"request": request}).id


@pytest.mark.long
def test_a_look_over_http_and_a_decision_by_form_are_done_by_a_worker(
    policy: Policy, ollama_by_script: ScriptedOllama, store: Store
) -> None:
    pull(ollama_by_script, 40)
    kept = keep_open(store.url)
    api = ApiClient(create_app(kept))
    with deployed("watch-upgrades", "decide-upgrade"):
        begun = api.post("/api/v1/upgrade-looks", {})
        assert 202 == begun.status_code, begun.text
        assert 0 == worker_process(begun.json()["id"]).wait(300)

        assert "Completed" in api.get(f"/api/v1/work/{begun.json()['id']}").text
        (upgrade,) = list_upgrades(store)
        assert ("tested", "equivalent") == (upgrade.state, upgrade.verdict)
        assert upgrade.upgrade_id in api.get("/api/v1/upgrades").text
        assert N == ollama_by_script.asked("model:latest").total()

        assert 0 == worker_process(by_form("decide-upgrade", upgrade=upgrade.upgrade_id, decision="accept")).wait(300)
    kept.close()
    (accepted,) = list_upgrades(store)
    assert "accepted" == accepted.state
    assert policy.candidate_key != load_policy(store, "fast").candidate_key


@pytest.mark.long
def test_a_retest_that_was_killed_goes_on_with_the_next_look_and_asks_nothing_twice(
    policy: Policy, ollama_by_script: ScriptedOllama, store: Store
) -> None:
    def slowly(chat: Chat) -> Reply:
        return Reply(text=wrong_on(40)(chat).text, delay_s=0.05)

    ollama_by_script.add("model:latest", slowly, digest=NEW)
    watch = (
        "import asyncio; from evaluation.requests.upgrade_request import UpgradeWatch; "
        "from flows.watch_upgrades import watch_upgrades; asyncio.run(watch_upgrades(UpgradeWatch()))"
    )
    with subprocess.Popen([sys.executable, "-P", "-c", watch]) as process:
        assert eventually(lambda: len(ollama_by_script.chats) >= N // 4, within_s=300)
        process.kill()
    (upgrade,) = list_upgrades(store)
    assert "testing" == upgrade.state
    (invocation_id,) = _invocations(store, upgrade.upgrade_id)
    stored = {each.row.case_id for each in outcomes(store, invocation_id)}
    assert 0 < len(stored) < N

    assert eventually(lambda: look() and "tested" == list_upgrades(store)[0].state, within_s=300)
    asked = ollama_by_script.asked("model:latest")
    assert N == len(asked)
    assert {1} == {asked[f"What is {case_id.removeprefix('c')}?"] for case_id in stored}
    assert "equivalent" == list_upgrades(store)[0].verdict


def _invocations(store: Store, upgrade_id: str) -> list[str]:
    """Ids of the re-tests of an upgrade that have begun."""
    (upgrade,) = list_upgrades(store)
    assert upgrade.upgrade_id == upgrade_id
    ids = [test.invocation_id for test in retests_of(store, upgrade)]
    return [each for each in ids if runs_of_invocation(store, each)]
