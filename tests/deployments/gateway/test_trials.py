"""Trials behind a gateway: who is asked, once each, what is recorded, and how a trial ends."""

import asyncio
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest
from gateways import TASK, Behind, gateway_over
from scipy.stats import binom
from scripted_upstream import Fault
from served import eventually

from deployments.gateway.shadows import MOST_WAITING
from evaluation.errors import ConfigurationError
from evaluation.records.policies import Budget, Policy, ServedCall, Trial, TrialMode, WhenSpent
from evaluation.store.alerts import list_alerts
from evaluation.store.policies import find_policy, list_changes
from evaluation.store.recommendations import report_outcome
from evaluation.store.session import Store
from evaluation.store.traffic import list_traffic
from evaluation.store.trials import count_dropped_shadows, list_trials
from selection.policies.assignment import is_in_share
from selection.policies.definition import create_policy, end_policy, load_facts, renew_policy
from selection.policies.settings import PolicySettings
from selection.policies.trials import start_trial, stop_trial, trial_of
from selection.preferences import Question
from selection.recommendation import flush

SMALL, LARGE = "small:1b profile=brief", "large:1b profile=brief"


@pytest.fixture
def store_url(sqlite_url: str) -> str:
    return sqlite_url


@pytest.fixture
def behind(store: Store) -> Iterator[Behind]:
    with gateway_over(store) as gateway:
        yield gateway


def tried(store: Store, *, mode: TrialMode = TrialMode.EXPLORE, share: float = 0.5, **settings: Any) -> Trial:
    """A policy of the small model, and a trial of the large one under it."""
    create_policy(store, "fast", Question(task=TASK), candidate=SMALL, by="test", **settings)
    return start_trial(store, "fast", challenger=LARGE, mode=mode, share=share, by="test")


def ask(behind: Behind, text: str = "hello", *, conversation: str | None = None, **more: Any) -> httpx.Response:
    body = {"model": "fast", "messages": [{"role": "user", "content": text}], **more}
    headers = {} if conversation is None else {"x-benchwright-conversation": conversation}
    return httpx.post(f"{behind.url}/v1/chat/completions", json=body, headers=headers, timeout=30)


def who(answer: httpx.Response) -> str:
    return answer.headers["x-benchwright-candidate"]


def served(store: Store) -> list[ServedCall]:
    return [call.served for call in list_traffic(store) if call.served is not None]


def arms(behind: Behind) -> tuple[str, str]:
    """Names of two conversations, the first the champion's, the second the challenger's."""
    answers = {name: who(ask(behind, conversation=name)) for name in (f"c{i}" for i in range(16))}
    first = {label: name for name, label in answers.items()}
    return first[SMALL], first[LARGE]


@pytest.mark.parametrize("share", [0.1, 0.5, 0.9])
def test_the_challenger_gets_its_share_of_the_conversations(share: float) -> None:
    trial = _trial(share)
    n_in = sum(is_in_share(trial, f"conversation {i}") for i in range(2000))

    assert binom.ppf(0.0005, 2000, share) <= n_in <= binom.ppf(0.9995, 2000, share)


def test_shares_of_two_trials_are_independent() -> None:
    first, second = _trial(0.5, "first"), _trial(0.5, "second")
    n_both = sum(is_in_share(first, str(i)) and is_in_share(second, str(i)) for i in range(2000))

    assert binom.ppf(0.0005, 2000, 0.25) <= n_both <= binom.ppf(0.9995, 2000, 0.25)


def _trial(share: float, trial_id: str = "t") -> Trial:
    return Trial(
        trial_id=trial_id,
        policy_id="p",
        mode=TrialMode.EXPLORE,
        champion_key="a",
        champion_label="a",
        challenger_key="b",
        challenger_label="b",
        share=share,
        started_at=datetime(2026, 1, 1, tzinfo=UTC),
        ended_at=None,
        verdict=None,
        details={},
    )


def test_a_conversation_keeps_its_candidate_and_every_request_is_answered_once(behind: Behind) -> None:
    trial = tried(behind.store)
    answers: list[tuple[str, str]] = []

    async def ask_all() -> None:
        async with httpx.AsyncClient(timeout=60) as client:

            async def talk(number: int) -> None:
                messages = [{"role": "system", "content": "Be kind."}, {"role": "user", "content": f"hello {number}"}]
                for turn in range(3):
                    body = {"model": "fast", "messages": messages, "stream": turn == 1}
                    answer = await client.post(f"{behind.url}/v1/chat/completions", json=body)
                    answers.append((str(number), who(answer)))
                    messages += [{"role": "assistant", "content": "yes"}, {"role": "user", "content": f"and {turn}?"}]

            for number in range(40):  # One after the other: a full queue would send a call to the other arm.
                await talk(number)

    asyncio.run(ask_all())

    assert 120 == len(answers) == sum(behind.n_asked)
    assert 40 == len(set(answers))
    n_large = len({number for number, label in answers if label == LARGE})
    assert binom.ppf(0.0005, 40, 0.5) <= n_large <= binom.ppf(0.9995, 40, 0.5)
    rows = behind.recorded(120)
    assert 120 == len(rows)
    calls = served(behind.store)
    assert {trial.trial_id} == {call.trial_id for call in calls}
    assert {3} == set(Counter(call.conversation for call in calls).values())
    assert 3 * n_large == sum(call.is_challenger for call in calls)
    assert not any(call.is_shadow for call in calls)


def test_a_conversation_that_is_named_keeps_its_candidate_whatever_it_says(behind: Behind) -> None:
    tried(behind.store)

    for name in ("one", "two", "three", "four"):
        assert 1 == len({who(ask(behind, f"text {turn}", conversation=name)) for turn in range(4)})


def test_either_arm_falls_back_to_the_other_and_the_failure_is_the_arms(behind: Behind) -> None:
    tried(behind.store)
    champions, challengers = arms(behind)
    n_calls = sum(behind.n_asked)
    behind.here.faults.append(Fault(status=500))
    answers = [ask(behind, conversation=champions)]
    behind.there.faults.append(Fault(cut_after=0))
    answers.append(ask(behind, conversation=challengers))

    assert [LARGE, SMALL] == [who(answer) for answer in answers]
    assert n_calls + 4 == sum(behind.n_asked)
    behind.recorded(n_calls + 2)
    *_, first, second = served(behind.store)
    assert [False, True] == [first.is_challenger, second.is_challenger]
    state = trial_of(behind.store, "fast")
    assert (1, 1) == (state.champion.n_failed, state.challenger.n_failed)
    assert n_calls + 2 == state.champion.n_calls + state.challenger.n_calls


def test_a_call_that_the_challenger_cannot_answer_is_none_of_either_arms(behind: Behind) -> None:
    create_policy(behind.store, "fast", Question(task=TASK), candidate=SMALL, by="test")
    start_trial(behind.store, "fast", challenger=LARGE, mode=TrialMode.EXPLORE, share=0.99, by="test")
    behind.there.models["large:1b"] = "digest-of-new"

    assert {SMALL} == {who(ask(behind, conversation=str(i))) for i in range(6)}
    behind.recorded(6)
    assert not any(call.is_challenger for call in served(behind.store))


def test_a_better_challenger_is_told_once_and_the_candidate_stays(behind: Behind) -> None:
    trial = tried(behind.store)
    _report(behind, n=60, quality={SMALL: 0.2, LARGE: 0.9})

    assert eventually(lambda: is_decided(behind))
    state = trial_of(behind.store, "fast")
    assert "better" == state.verdict
    assert state.difference is not None
    assert state.difference.low > 0
    policy = find_policy(behind.store, "fast")
    assert policy is not None
    assert SMALL == policy.candidate_label
    assert ["created", "trial", "trial"] == [change.kind for change in list_changes(behind.store, policy.policy_id)]
    (alert,) = list_alerts(behind.store)
    assert ("trial", trial.trial_id) == (alert.rule, alert.occurrence)
    assert f"policies renew fast --candidate '{LARGE}'" in alert.sentence
    assert {SMALL} == {who(ask(behind, conversation=f"after {i}")) for i in range(10)}
    assert (LARGE, True) == (renew_policy(behind.store, "fast", candidate=LARGE, by="test")[0].candidate_label, True)


def test_a_challenger_that_fails_is_not_asked_any_more(behind: Behind, monkeypatch: pytest.MonkeyPatch) -> None:
    looks = _counted_looks(behind, monkeypatch)
    tried(behind.store, share=0.5)
    behind.there.faults += [Fault(status=500)] * 200
    for i in range(80):
        answer = ask(behind, conversation=f"c{i}")
        assert (200, SMALL) == (answer.status_code, who(answer))
        n_before = len(looks)  # one of them may be under way
        assert eventually(lambda: len(looks) >= n_before + 2 or is_decided(behind))  # noqa: B023 - it is called here
        if is_decided(behind):
            break
        _close_breakers(behind)

    assert eventually(lambda: list_trials(behind.store)[0].verdict == "harm")
    n_asked = len(behind.there.asked)
    assert 25 >= n_asked
    for i in range(10):
        ask(behind, conversation=f"after {i}")
    assert n_asked == len(behind.there.asked)
    (alert,) = list_alerts(behind.store)
    assert ("critical", LARGE) == (alert.severity, alert.candidate)
    assert "fails much more often" in alert.sentence


def _counted_looks(behind: Behind, monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Return the times at which the gateway has looked at its trials, which goes on."""
    watch, looks = behind.gateway._trials, list[float]()
    look = watch._look

    def counted() -> tuple[int, bool]:
        result = look()
        looks.append(time.monotonic())
        return result

    monkeypatch.setattr(watch, "_look", counted)
    return looks


def _close_breakers(behind: Behind) -> None:
    """Have a server that failed asked again at once."""
    for upstream in behind.gateway._directory._upstreams.values():
        upstream.breakers = type(upstream.breakers)()


def _report(behind: Behind, *, n: int, quality: dict[str, float]) -> None:
    for i in range(n):
        answer = ask(behind, conversation=f"c{i}")
        flush(store=behind.store)
        label = who(answer)
        report_outcome(behind.store, answer.headers["x-benchwright-recommendation"], quality=quality[label])
        if is_decided(behind):
            break


def test_a_trial_ends_with_its_policys_candidate_or_by_hand(store: Store, behind: Behind) -> None:
    tried(store)
    with pytest.raises(ConfigurationError, match="tries a challenger already"):
        start_trial(store, "fast", challenger=LARGE, mode=TrialMode.SHADOW, share=1.0, by="test")
    assert "stopped" == stop_trial(store, "fast", by="test").verdict
    with pytest.raises(ConfigurationError, match="tries no challenger"):
        stop_trial(store, "fast", by="test")

    start_trial(store, "fast", challenger=LARGE, mode=TrialMode.SHADOW, share=1.0, by="test")
    renew_policy(store, "fast", candidate=LARGE, by="test")
    start_trial(store, "fast", challenger=SMALL, mode=TrialMode.EXPLORE, share=0.1, by="test")
    policy: Policy = end_policy(store, "fast", by="test")
    facts = load_facts(store, policy.policy_id)
    assert ["stopped"] * 3 == [trial.verdict for trial in facts.trials]
    assert facts.trial is not None
    assert "the policy was ended" in facts.trial.sentence


@pytest.mark.parametrize(
    ("challenger", "mode", "share"),
    [
        (SMALL, TrialMode.EXPLORE, 0.1),
        (LARGE, TrialMode.EXPLORE, 0.0),
        (LARGE, TrialMode.EXPLORE, 1.0),
        (LARGE, TrialMode.SHADOW, 1.5),
        (LARGE, TrialMode.SHADOW, float("nan")),
        ("nobody", TrialMode.SHADOW, 1.0),
    ],
)
def test_what_cannot_be_tried_is_refused(behind: Behind, challenger: str, mode: TrialMode, share: float) -> None:
    create_policy(behind.store, "fast", Question(task=TASK), candidate=SMALL, by="test")
    with pytest.raises(Exception, match=r"share is|already|no candidate|unknown|nobody"):
        start_trial(behind.store, "fast", challenger=challenger, mode=mode, share=share, by="test")
    assert () == list_trials(behind.store)


def shadows(behind: Behind) -> list[ServedCall]:
    """The recorded shadows."""
    behind.gateway.flush()
    return [call for call in served(behind.store) if call.is_shadow]


def shadows_recorded(behind: Behind, n: int) -> list[ServedCall]:
    """The shadows, once there are as many."""
    assert eventually(lambda: len(shadows(behind)) >= n)
    return shadows(behind)


def is_decided(behind: Behind) -> bool:
    return list_trials(behind.store)[0].verdict is not None


def test_a_shadow_is_asked_too_and_its_answer_goes_to_nobody(behind: Behind) -> None:
    trial = tried(behind.store, mode=TrialMode.SHADOW, share=1.0)

    answers = [ask(behind, f"text {i}", stream=i % 2 == 0) for i in range(6)]

    assert 6 * [SMALL] == [who(answer) for answer in answers]
    assert not any("there" in answer.text for answer in answers)
    shadows = shadows_recorded(behind, 6)
    assert (6, 6) == behind.n_asked
    assert 6 == len(behind.finished)
    assert {(trial.trial_id, True)} == {(call.trial_id, call.is_challenger) for call in shadows}
    champions = [call for call in served(behind.store) if not call.is_shadow]
    pairs = [
        sorted((str(call.conversation), str(call.prompt_hash)) for call in calls) for calls in (champions, shadows)
    ]
    assert pairs[0] == pairs[1]
    assert {None} == {call.output for call in list_traffic(behind.store)}
    assert {champions[0].policy_id} == {call.policy_id for call in shadows}
    assert all(call.tokens for call in shadows)


def test_the_answer_of_a_shadow_is_stored_where_the_policy_keeps_texts(behind: Behind) -> None:
    tried(behind.store, mode=TrialMode.SHADOW, share=1.0, settings=PolicySettings(keeps_texts=True))
    ask(behind)
    shadows_recorded(behind, 1)

    texts = {call.candidate: (call.input, call.output) for call in list_traffic(behind.store)}
    assert {SMALL: ("hello", "here word1 word2"), LARGE: ("hello", "there word1 word2")} == texts


def test_reported_outcomes_of_both_answers_decide(behind: Behind) -> None:
    tried(behind.store, mode=TrialMode.SHADOW, share=1.0)
    for i in range(40):
        answer = ask(behind, f"text {i}")
        assert eventually(lambda n=i: len(shadows(behind)) > n or is_decided(behind))  # type: ignore[misc]
        if is_decided(behind):  # by the look after the report before: this call has no shadow
            break
        shadow = shadows(behind)[-1]
        flush(store=behind.store)
        report_outcome(behind.store, answer.headers["x-benchwright-recommendation"], quality=0.2)
        report_outcome(behind.store, str(shadow.recommendation_id), ok=True)

    assert eventually(lambda: list_trials(behind.store)[0].verdict == "better")
    state = trial_of(behind.store, "fast")
    assert state.champion.n_conversations == state.challenger.n_conversations == state.n_differences
    assert [pytest.approx(0.2), 1.0] == [each.mean.value for each in (state.champion, state.challenger) if each.mean]


def test_a_shadow_that_hangs_delays_nobody_and_gives_way_to_a_call_that_needs_its_slot(behind: Behind) -> None:
    tried(behind.store, mode=TrialMode.SHADOW, share=1.0)
    behind.there.faults.append(Fault(delay_s=3600.0))

    assert SMALL == who(ask(behind))
    assert eventually(lambda: behind.n_asked == (1, 1))
    assert SMALL == who(ask(behind, "more"))
    named = httpx.post(
        f"{behind.url}/v1/chat/completions",
        json={"model": "large:1b", "messages": [{"role": "user", "content": "hello"}]},
        timeout=30,
    )

    assert 200 == named.status_code
    assert eventually(lambda: behind.there.n_cancelled == 1)


def test_a_shadow_waits_for_an_idle_slot_and_no_model_is_swapped_for_it(store: Store) -> None:
    with gateway_over(store) as behind:
        tried(store, mode=TrialMode.SHADOW, share=1.0)
        # Somebody uses the challenger's server for another model: loading one for a shadow would throw that one out.
        behind.there.models["other:1b"] = "digest-of-other"
        behind.there.loaded.append("other:1b")
        body = {"model": "other:1b", "messages": [{"role": "user", "content": "hello"}]}
        assert 200 == httpx.post(f"{behind.url}/v1/chat/completions", json=body, timeout=30).status_code
        for i in range(40):
            assert SMALL == who(ask(behind, f"text {i}"))

        shadows = behind.gateway.shadows
        assert (40, 1) == behind.n_asked
        assert eventually(lambda: shadows.n_dropped == 40 - MOST_WAITING)
        assert (0, MOST_WAITING) == (shadows.n_asked, shadows.n_waiting)
        assert eventually(lambda: trial_of(store, "fast").n_shadows_dropped == 40 - MOST_WAITING)
        behind.there.loaded[:] = ["large:1b"]
        assert MOST_WAITING == len(shadows_recorded(behind, MOST_WAITING))
    assert (40, 1 + MOST_WAITING) == behind.n_asked


def test_shadows_dropped_at_shutdown_and_by_several_gateways_are_summed_and_kept_at_the_end(store: Store) -> None:
    with gateway_over(store) as behind:
        trial = tried(store, mode=TrialMode.SHADOW, share=1.0)
        count_dropped_shadows(store, trial.trial_id, 3)
        behind.there.models["other:1b"] = "digest-of-other"
        behind.there.loaded[:] = ["other:1b"]  # Loading the challenger would throw out what somebody uses.
        body = {"model": "other:1b", "messages": [{"role": "user", "content": "hello"}]}
        assert 200 == httpx.post(f"{behind.url}/v1/chat/completions", json=body, timeout=30).status_code
        ask(behind)
        assert eventually(lambda: behind.gateway.shadows.n_waiting == 1)
    assert 4 == trial_of(store, "fast").n_shadows_dropped

    stop_trial(store, "fast", by="test")
    assert 4 == trial_of(store, "fast").n_shadows_dropped


def test_a_shadow_waits_for_another_server_on_the_same_gpu(store: Store) -> None:
    with gateway_over(store, gpu_tag="gpu-one") as behind, ThreadPoolExecutor(1) as pool:
        tried(store, mode=TrialMode.SHADOW, share=1.0)
        behind.there.loaded[:] = ["large:1b"]
        behind.here.faults.append(Fault(delay_s=1.0))
        first = pool.submit(ask, behind, "a long one")
        assert eventually(lambda: len(behind.here.asked) == 1)
        ask(behind, "a short one")
        assert eventually(lambda: len(behind.there.asked) > 0)

        assert 2 == behind.here.n_finished
        first.result()


def test_a_shadow_whose_server_fails_is_a_failure_of_the_challenger_alone(behind: Behind) -> None:
    tried(behind.store, mode=TrialMode.SHADOW, share=1.0)
    behind.there.faults += [Fault(status=500)] * 4

    assert {(200, SMALL)} == {((answer := ask(behind, f"t {i}")).status_code, who(answer)) for i in range(4)}
    shadows_recorded(behind, 4)
    state = trial_of(behind.store, "fast")
    assert (4, 0, 4, 4) == (
        state.champion.n_calls,
        state.champion.n_failed,
        state.challenger.n_calls,
        state.challenger.n_failed,
    )


def test_a_spent_budget_ends_shadows(behind: Behind) -> None:
    settings = PolicySettings(budget=Budget(tokens=1), when_spent=WhenSpent.CHEAPER)
    tried(behind.store, mode=TrialMode.SHADOW, share=1.0, settings=settings)

    ask(behind)
    assert eventually(lambda: behind.gateway.shadows.n_dropped == 1)
    assert (1, 0) == behind.n_asked
