"""What is kept of a conversation where texts may be stored, and that nothing is where they may not."""

import hashlib
from collections.abc import Iterator
from typing import Any

import openai
import pytest
from gateways import TASK, Behind, gateway_over

from evaluation.records.policies import TrialMode
from evaluation.records.question_context import MOST_KEPT_CHARACTERS, QuestionContext, SaidTurn
from evaluation.records.traffic_calls import TrafficCall
from evaluation.store.session import Store
from selection.policies.definition import create_policy
from selection.policies.settings import PolicySettings
from selection.policies.trials import start_trial
from selection.preferences import Question

TALK: Any = [
    {"role": "system", "content": "Be kind."},
    {"role": "user", "content": "I am in Bern."},
    {"role": "assistant", "content": "Nice."},
    {"role": "user", "content": [{"type": "text", "text": "How warm is it here?"}]},
    {
        "role": "assistant",
        "tool_calls": [
            {"id": "c1", "type": "function", "function": {"name": "weather", "arguments": '{"at": "Bern"}'}}
        ],
    },
    {"role": "tool", "tool_call_id": "c1", "content": "12 degrees"},
]
KEPT = QuestionContext(
    before=(
        SaidTurn(role="system", text="Be kind."),
        SaidTurn(role="user", text="I am in Bern."),
        SaidTurn(role="assistant", text="Nice."),
    ),
    after=(
        SaidTurn(role="assistant", text='[calls weather({"at": "Bern"})]'),
        SaidTurn(role="tool", text="12 degrees"),
    ),
)
QUESTION = "How warm is it here?"


@pytest.fixture
def store_url(sqlite_url: str) -> str:
    return sqlite_url


@pytest.fixture
def behind(store: Store) -> Iterator[Behind]:
    with gateway_over(store) as gateway:
        yield gateway


def policy(behind: Behind, name: str, *, keeps_texts: bool) -> None:
    settings = PolicySettings(keeps_texts=keeps_texts)
    create_policy(behind.store, name, Question(task=TASK), settings=settings, by="test")


def ask(behind: Behind, model: str, messages: Any) -> None:
    with openai.OpenAI(base_url=f"{behind.url}/v1", api_key="unused", max_retries=0) as client:
        client.chat.completions.create(model=model, messages=messages)


def test_the_turns_around_the_question_are_kept_where_texts_are(behind: Behind) -> None:
    policy(behind, "keeps", keeps_texts=True)
    policy(behind, "hides", keeps_texts=False)
    ask(behind, "keeps", TALK)
    ask(behind, "hides", TALK)
    ask(behind, "keeps", TALK[3:4])
    kept, hidden, single = behind.recorded(3)

    assert (QUESTION, KEPT) == (kept.input, kept.context)
    assert (None, None, None) == (hidden.input, hidden.output, hidden.context)
    assert (QUESTION, None) == (single.input, single.context)
    for call in (kept, hidden, single):
        assert call.served is not None
        assert hashlib.sha256(QUESTION.encode()).hexdigest() == call.served.prompt_hash
        assert len(QUESTION) == call.served.prompt_characters


def test_the_oldest_turns_of_a_long_conversation_are_left_out_and_counted(behind: Behind) -> None:
    policy(behind, "keeps", keeps_texts=True)
    turns = [{"role": "user", "content": "x" * 30_000} for _ in range(5)]
    ask(behind, "keeps", [*turns, {"role": "user", "content": "And?"}])
    ask(behind, "keeps", [{"role": "user", "content": "y" * 200_000}, {"role": "user", "content": "And?"}])
    long, huge = (call.context for call in behind.recorded(2))

    assert long is not None
    assert (3, 2) == (len(long.before), long.n_before_left_out)
    assert huge is not None
    assert (1, 0) == (len(huge.before), huge.n_before_left_out)
    assert len(huge.before[0].text) < MOST_KEPT_CHARACTERS + 10


def test_a_shadows_row_has_the_same_turns(behind: Behind) -> None:
    policy(behind, "keeps", keeps_texts=True)
    start_trial(behind.store, "keeps", challenger="large:1b profile=brief", mode=TrialMode.SHADOW, share=1.0, by="test")
    behind.there.loaded = ["large:1b"]
    ask(behind, "keeps", TALK)

    def shadows() -> list[TrafficCall]:
        behind.gateway.flush()
        return [call for call in behind.recorded(1) if call.served is not None and call.served.is_shadow]

    from served import eventually

    assert eventually(lambda: len(shadows()) == 1)
    assert [(QUESTION, KEPT)] == [(call.input, call.context) for call in shadows()]
