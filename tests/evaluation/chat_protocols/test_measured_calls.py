import pytest

from evaluation.candidate import Candidate, PromptProfile, WorkedExample
from evaluation.chat_protocols.calls import ChatCall, Image, Turn
from evaluation.chat_protocols.measured_calls import as_measured
from evaluation.errors import ConfigurationError

PROFILE = PromptProfile(
    name="brief",
    system="Be brief.",
    template="Q: {prompt}",
    examples=(WorkedExample(prompt="1+1?", answer="2"),),
)


def test_the_candidates_options_win_where_it_sets_them_and_the_clients_stay_elsewhere() -> None:
    call = ChatCall(
        model="auto",
        turns=(Turn(role="user", text="hi"),),
        options={"temperature": 1.9, "top_k": 7, "num_predict": 5},
        think=True,
    )
    candidate = Candidate(
        model="small:1b", digest="d", options={"temperature": 0.0, "num_ctx": 4096, "top_k": "model"}, think=False
    )

    measured = as_measured(call, candidate)

    assert {"temperature": 0.0, "num_ctx": 4096, "num_predict": 5} == measured.options
    assert ("small:1b", False, True) == (measured.model, measured.think, measured.refuses_overlong)


def test_the_think_mode_of_the_client_counts_where_the_candidate_has_none() -> None:
    call = ChatCall(model="auto", turns=(Turn(role="user", text="hi"),), think="low")

    assert "low" == as_measured(call, Candidate(model="m", digest="d")).think


def test_system_text_examples_and_template_stand_around_a_conversation_with_its_images() -> None:
    image = Image(base64="x")
    turns = (
        Turn(role="system", text="Speak French."),
        Turn(role="user", text="hello"),
        Turn(role="assistant", text="bonjour"),
        Turn(role="user", text="what is this?", images=(image,)),
    )

    measured = as_measured(ChatCall(model="auto", turns=turns), Candidate(model="m", digest="d", profile=PROFILE))

    assert (
        Turn(role="system", text="Be brief.\n\nSpeak French."),
        Turn(role="user", text="Q: 1+1?"),
        Turn(role="assistant", text="2"),
        Turn(role="user", text="hello"),
        Turn(role="assistant", text="bonjour"),
        Turn(role="user", text="Q: what is this?", images=(image,)),
    ) == measured.turns


@pytest.mark.parametrize("turns", [(), (Turn(role="system", text="Be brief."),), (Turn(role="user", text=" "),)])
def test_a_call_without_a_prompt_is_refused_since_a_server_would_only_load(turns: tuple[Turn, ...]) -> None:
    with pytest.raises(ConfigurationError, match="no prompt"):
        as_measured(ChatCall(model="auto", turns=turns), Candidate(model="m", digest="d"))
