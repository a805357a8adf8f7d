"""Policies: who answers to their names, what they may spend, and what is recorded."""

import asyncio
import hashlib
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest
from gateways import TASK, Behind, gateway_over, measured_elsewhere_too
from scripted_upstream import Fault

from deployments.gateway.budgets import Budgets, Owner
from evaluation.errors import ConfigurationError, SelectionError, UnknownNameError
from evaluation.model_info import ModelInfo
from evaluation.records.policies import Budget, Policy, Spending
from evaluation.store.models import record_seen
from evaluation.store.policies import end_policy, list_changes
from evaluation.store.recommendations import list_recommendations
from evaluation.store.served_calls import spending_since
from evaluation.store.session import Store
from selection.policies.definition import create_policy, edit_policy, renew_policy
from selection.policies.settings import PolicySettings, settings_of
from selection.preferences import Constraints, Question
from selection.recommendation import flush

SMALL, LARGE = "small:1b profile=brief", "large:1b profile=brief"
MIDNIGHT = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)


@pytest.fixture
def store_url(sqlite_url: str) -> str:
    return sqlite_url


@pytest.fixture
def behind(store: Store) -> Iterator[Behind]:
    with gateway_over(store) as gateway:
        yield gateway


def make(store: Store, name: str = "fast", **settings: Any) -> Policy:
    """A policy for the task, of the recommended candidate unless one is named."""
    candidate = settings.pop("candidate", None)
    constraints = settings.pop("constraints", Constraints())
    return create_policy(
        store,
        name,
        Question(task=TASK, constraints=constraints),
        candidate=candidate,
        settings=PolicySettings(**settings),
        by="test",
    )


def ask(behind: Behind, model: str = "fast", **more: Any) -> httpx.Response:
    body = {"model": model, "messages": [{"role": "user", "content": "hello"}], **more}
    return httpx.post(f"{behind.url}/v1/chat/completions", json=body, timeout=30)


def test_the_recommended_candidate_answers_to_the_name(behind: Behind) -> None:
    policy = make(behind.store)
    answer = ask(behind)

    assert (200, SMALL) == (answer.status_code, answer.headers["x-benchwright-candidate"])
    assert "the policy 'fast' stands for small:1b profile=brief" == answer.headers["x-benchwright-reason"]
    (call,) = behind.recorded(1)
    assert call.served is not None
    assert (TASK, policy.policy_id, policy.candidate_key) == (
        call.task,
        call.served.policy_id,
        call.served.candidate_key,
    )
    assert hashlib.sha256(b"hello").hexdigest() == call.served.prompt_hash
    assert (5, None, None) == (call.served.prompt_characters, call.input, call.output)
    assert call.prompt_tokens is not None
    assert call.output_tokens is not None
    assert call.prompt_tokens + call.output_tokens == call.served.tokens


def test_a_policy_answers_as_soon_as_it_is_made(store: Store) -> None:
    with gateway_over(store, policies_age_s=3600.0) as behind:
        assert 404 == ask(behind).status_code
        make(store)

        assert 200 == ask(behind).status_code


def test_the_candidate_changes_only_when_somebody_says_so(behind: Behind) -> None:
    policy = make(behind.store, candidate=LARGE)
    assert LARGE == ask(behind).headers["x-benchwright-candidate"]

    renewed, is_changed = renew_policy(behind.store, "fast", by="test")
    assert (True, SMALL) == (is_changed, renewed.candidate_label)
    assert SMALL == ask(behind, model="fast:latest").headers["x-benchwright-candidate"]
    assert ["created", "candidate"] == [change.kind for change in list_changes(behind.store, policy.policy_id)]
    assert (renewed, False) == renew_policy(behind.store, "fast", by="test")


def test_one_that_cannot_answer_is_followed_by_the_next_in_rank_whose_recommendation_is_its_own(
    behind: Behind,
) -> None:
    make(behind.store)
    behind.here.faults += [Fault(status=500)] * 3
    answer = ask(behind)

    assert LARGE == answer.headers["x-benchwright-candidate"]
    flush(store=behind.store)
    (stored,) = (
        each
        for each in list_recommendations(behind.store)
        if each.recommendation_id == answer.headers["x-benchwright-recommendation"]
    )
    assert (LARGE, "policy fast") == (stored.candidate_label, stored.decided_by)


def test_auto_that_fell_back_has_a_recommendation_of_the_candidate_that_answered(behind: Behind) -> None:
    behind.here.faults += [Fault(status=500)] * 3
    answer = ask(behind, model=f"auto:{TASK}")

    flush(store=behind.store)
    labels = {each.recommendation_id: each.candidate_label for each in list_recommendations(behind.store)}
    assert LARGE == labels[answer.headers["x-benchwright-recommendation"]]


def test_an_explanation_is_asked_for_by_yes_or_no(behind: Behind) -> None:
    make(behind.store)
    body = {"model": "fast", "messages": [{"role": "user", "content": "hello"}]}
    answers = {
        word: httpx.post(f"{behind.url}/v1/chat/completions?explain={word}", json=body) for word in ("1", "0", "maybe")
    }

    assert ["1"] == [word for word, answer in answers.items() if "benchwright" in answer.json()]
    assert 400 == answers["maybe"].status_code
    assert "explain is 'maybe'" in answers["maybe"].json()["error"]["message"]


def test_weights_that_a_server_keeps_under_another_name_are_asked_there(behind: Behind) -> None:
    make(behind.store)
    behind.here.models.update({"small:1b": "digest-of-new", "kept/small:1b": "digest-of-small"})
    answer = ask(behind)

    assert SMALL == answer.headers["x-benchwright-candidate"]
    assert "its weights are those of kept/small:1b now" in answer.headers["x-benchwright-reason"]
    assert "kept/small:1b" == behind.here.asked[-1][1]["model"]


def test_weights_that_one_of_two_servers_keeps_are_asked_there_after_a_look_at_that_one(behind: Behind) -> None:
    # A look stored that `here` has other weights under the name; nobody has looked at `there` since it was measured.
    measured_elsewhere_too(behind.store, "small", "there")
    make(behind.store)
    record_seen(behind.store, ModelInfo(name="small:1b", digest="digest-of-new"), endpoint_name="here")
    behind.here.models.update({"small:1b": "digest-of-new", "kept/small:1b": "digest-of-small"})
    behind.there.models["small:1b"] = "digest-of-new"
    answer = ask(behind)

    assert (SMALL, 1) == (answer.headers["x-benchwright-candidate"], len(behind.here.asked))
    assert "kept/small:1b" == behind.here.asked[-1][1]["model"]


def test_weights_that_are_gone_are_never_replaced_in_silence(behind: Behind) -> None:
    make(behind.store)
    behind.here.models["small:1b"] = "digest-of-new"
    answer = ask(behind)

    assert LARGE == answer.headers["x-benchwright-candidate"]
    assert "holds other weights now" in answer.headers["x-benchwright-reason"]


def test_a_spent_budget_refuses_with_the_time_to_wait(behind: Behind) -> None:
    policy = make(behind.store, budget=Budget(tokens=1))
    assert 200 == ask(behind).status_code
    behind.recorded(1)
    refused = ask(behind)

    assert 429 == refused.status_code
    assert "the policy 'fast' has used its budget of today: 1 tokens" in refused.json()["error"]["message"]
    assert 1 <= int(refused.headers["retry-after"]) <= 86_400
    assert (1, 0) == behind.n_asked
    behind.recorded(2)
    assert spending_since(behind.store, MIDNIGHT, policy_id=policy.policy_id).n_calls == 2


def test_a_spent_budget_may_ask_a_cheaper_candidate_instead(behind: Behind) -> None:
    make(behind.store, candidate=SMALL, budget=Budget(gpu_s=1e-6), when_spent="cheaper")
    first = ask(behind)
    behind.recorded(1)
    second = ask(behind)

    assert SMALL == first.headers["x-benchwright-candidate"]
    assert 200 == second.status_code
    assert "the budget of the policy 'fast' is spent for today" in second.headers["x-benchwright-reason"]


def test_a_policy_in_the_list_of_models_and_an_ended_one(behind: Behind) -> None:
    policy = make(behind.store)
    names = [entry["id"] for entry in httpx.get(f"{behind.url}/v1/models").json()["data"]]
    assert "fast" in names
    assert 200 == httpx.get(f"{behind.url}/v1/models/fast").status_code
    end_policy(behind.store, policy.policy_id, by="test")

    assert 404 == ask(behind).status_code
    make(behind.store)  # the name is free again
    with pytest.raises(UnknownNameError, match=r"Known: fast\."):
        end_policy(behind.store, policy.policy_id, by="test")


@pytest.mark.parametrize("name", ["auto", "small:1b", "a b", "", "x" * 65, "-x", "../x", "Auto"])
def test_names_that_cannot_be_one(behind: Behind, name: str) -> None:
    with pytest.raises(ConfigurationError, match="cannot be named"):
        make(behind.store, name)


def test_a_name_is_taken_once(behind: Behind) -> None:
    make(behind.store)
    with pytest.raises(ConfigurationError, match="there is a policy named 'fast' already"):
        make(behind.store)


def test_budgets_of_what_is_not_known_are_refused(behind: Behind) -> None:
    with pytest.raises(ConfigurationError, match=r"the energy of .* was not measured"):
        make(behind.store, budget=Budget(joules=5.0))
    with pytest.raises(ConfigurationError, match="no price of small:1b is given"):
        make(behind.store, budget=Budget(usd=5.0))
    prices = {"models": {"small:*": {"input_per_million": 1.0, "output_per_million": 2.0}}}
    make(behind.store, budget=Budget(usd=5.0), prices=prices)
    answer = ask(behind).json()["usage"]
    (call,) = behind.recorded(1)
    assert call.served is not None
    cost = (answer["prompt_tokens"] * 1.0 + answer["completion_tokens"] * 2.0) / 1e6
    assert call.served.usd == pytest.approx(cost)
    assert cost > 0


def test_nobody_satisfies_the_constraints(behind: Behind) -> None:
    with pytest.raises(SelectionError):
        make(behind.store, constraints=Constraints(max_latency_s=1e-9))
    with pytest.raises(UnknownNameError, match="candidate"):
        make(behind.store, candidate="nobody")


def test_an_edit_changes_what_is_given_and_nothing_else(behind: Behind) -> None:
    make(behind.store, budget=Budget(tokens=5), keeps_texts=True)
    edited = edit_policy(behind.store, "fast", {"when_spent": "cheaper"}, by="test")

    assert (Budget(tokens=5), True, "cheaper") == (edited.budget, edited.keeps_texts, edited.when_spent)
    assert Budget() == edit_policy(behind.store, "fast", {"budget": {}}, by="test").budget
    ask(behind)
    (call,) = behind.recorded(1)
    assert "hello" == call.input


@pytest.mark.parametrize(
    "settings",
    [{"budget": {"tokens": 0}}, {"budget": {"tokens": float("nan")}}, {"margin": -1.0}, {"prices": {"models": 3}}],
)
def test_settings_that_are_not_valid(settings: dict[str, Any]) -> None:
    default: dict[str, Any] = {
        "budget": None,
        "when_spent": "refuse",
        "prices": None,
        "keep_texts": False,
        "watch_upgrades": False,
        "margin": 1.0,
    }
    with pytest.raises(ConfigurationError):
        settings_of(**default | settings)


def test_calls_on_their_way_count_as_the_mean_of_the_days_calls(store: Store) -> None:
    async def story() -> None:
        budgets, owner, budget = Budgets(store, lambda: 0), Owner(policy_id="p"), Budget(tokens=100)
        assert await budgets.reached(owner, budget) is None
        for _ in range(4):
            budgets.start(owner)
        budgets.end(owner, Spending(n_calls=1, tokens=30))

        assert "tokens" == await budgets.reached(owner, budget)
        for _ in range(3):
            budgets.end(owner, Spending(n_calls=1, tokens=0))
        assert await budgets.reached(owner, budget) is None
        await budgets.close()

    asyncio.run(story())


def test_a_new_day_begins_with_nothing_spent(store: Store) -> None:
    async def story() -> None:
        moment = [datetime(2026, 1, 1, 23, 59, tzinfo=UTC)]
        budgets, owner = Budgets(store, lambda: 0, now=lambda: moment[0]), Owner(key_id="k")
        await budgets.spending(owner)
        budgets.end(owner, Spending(n_calls=1, tokens=30))
        assert 30 == (await budgets.spending(owner)).tokens

        moment[0] = datetime(2026, 1, 2, tzinfo=UTC)
        assert Spending() == await budgets.spending(owner)
        await budgets.close()

    asyncio.run(story())


def test_copies_that_are_kept_for_policies_are_not_offered_and_an_unknown_name_lists_the_policies(
    behind: Behind,
) -> None:
    make(behind.store)
    behind.here.models["benchwright-kept/small:1b2c3d4e5f60"] = "digest-of-small"

    listed = httpx.get(f"{behind.url}/v1/models").json()["data"]
    refused = ask(behind, "fst")

    assert not [each["id"] for each in listed if "kept" in each["id"]]
    assert "fast" in [each["id"] for each in listed]
    assert "did you mean 'fast'" in refused.json()["error"]["message"]
    assert "kept" not in refused.json()["error"]["message"]
    assert 200 == ask(behind, "benchwright-kept/small:1b2c3d4e5f60").status_code
