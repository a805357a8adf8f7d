"""What a model is asked."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evaluation.benchmarks.rendering import check_renderable, render
from evaluation.case import Benchmark, Case, Message, PromptTemplate
from evaluation.errors import BenchmarkError

BRACES = st.text(alphabet="ab {}%\\", max_size=20) | st.sampled_from(
    ["{prompt}", "{context}", "{choices}", "{labels}", "{{prompt}}", "\\g<1>", "{0}"]
)


def _benchmark(template: str = "{prompt}", system: str | None = None, *cases: Case) -> Benchmark:
    return Benchmark(
        name="b", task_type="generation", cases=cases, prompt=PromptTemplate(system=system, template=template)
    )


def test_every_placeholder_is_filled() -> None:
    case = Case(case_id="1", prompt="Which?", context=("One.", "Two."), choices=("red", "green"))
    (message,) = render(_benchmark("{context}|{prompt}|{choices}|{labels}|{other}"), case)
    assert Message(role="user", content="One.\n\nTwo.|Which?|A. red\nB. green|red, green|{other}") == message


def test_options_beyond_z_go_on_with_two_letters() -> None:
    case = Case(case_id="1", prompt="?", choices=tuple(f"c{i}" for i in range(28)))
    lines = render(_benchmark("{prompt}\n{choices}"), case)[0].content.splitlines()
    assert ["Z. c25", "AA. c26", "AB. c27"] == lines[-3:]


def test_the_system_text_goes_in_front() -> None:
    messages = render(_benchmark(system="Be brief."), Case(case_id="1", prompt="Hi"))
    assert (Message(role="system", content="Be brief."), Message(role="user", content="Hi")) == messages


def test_a_conversation_keeps_its_turns_and_the_template_goes_round_the_last_user_message() -> None:
    turns = (
        Message(role="user", content="Hi"),
        Message(role="assistant", content="Hello"),
        Message(role="user", content="Why?"),
        Message(role="assistant", content="Because"),
    )
    messages = render(_benchmark("Q: {prompt}", "Be brief."), Case(case_id="1", messages=turns))
    assert ["Be brief.", "Hi", "Hello", "Q: Why?", "Because"] == [message.content for message in messages]


def test_a_conversation_with_a_system_text_keeps_its_own() -> None:
    turns = (Message(role="system", content="Own."), Message(role="user", content="Hi"))
    assert turns == render(_benchmark(system="Be brief."), Case(case_id="1", messages=turns))


@pytest.mark.parametrize(
    ("case", "field"),
    [
        (Case(case_id="x", prompt=" \n"), "prompt"),
        (Case(case_id="x", messages=(Message(role="user", content=""),)), "messages"),
        (Case(case_id="x", messages=(Message(role="assistant", content="Hi"),)), "messages"),
    ],
)
def test_a_case_that_asks_nothing_is_refused(case: Case, field: str) -> None:
    with pytest.raises(BenchmarkError) as caught:
        check_renderable(_benchmark("{prompt}", None, Case(case_id="w", prompt="fine"), case))
    assert (
        f"b, field {field!r}: case 'x' asks nothing: its rendered prompt is empty; expected text for the user's "
        + ("message")
        == caught.value.message
    )


@given(prompt=BRACES, context=BRACES, choice=BRACES)
def test_braces_in_a_cases_own_text_are_never_touched(prompt: str, context: str, choice: str) -> None:
    case = Case(case_id="1", prompt=prompt, context=(context,), choices=(choice,))
    (message,) = render(_benchmark("<{context}|{prompt}|{labels}|{choices}|{nothing}>"), case)
    assert f"<{context}|{prompt}|{choice}|A. {choice}|{{nothing}}>" == message.content
