import json
from collections.abc import Iterable

from hypothesis import given
from hypothesis import strategies as st

from evaluation.chat_protocols.answer_readers import AnswerReader, OllamaReader, OpenAiReader
from evaluation.chat_protocols.calls import ToolUse
from evaluation.chat_protocols.deltas import Delta, Ending, joined
from evaluation.chat_protocols.ollama_answers import OllamaAnswer
from evaluation.chat_protocols.openai_answers import OpenAiAnswer
from evaluation.errors import TransientProviderError
from evaluation.generation import MOST_TOKENS

NAME = st.text("abc", min_size=1, max_size=4)
PIECES = st.builds(
    Delta,
    text=st.text(max_size=9),
    thinking=st.text(max_size=9),
    tool_uses=st.lists(
        st.builds(ToolUse, name=NAME, arguments=st.dictionaries(NAME, st.integers()), call_id=NAME), max_size=2
    ).map(tuple),
)
ENDINGS = st.builds(
    Ending,
    reason=st.sampled_from(["stop", "length"]),
    prompt_tokens=st.integers(0, 99),
    output_tokens=st.integers(0, 99),
)
ANSWERS = st.tuples(st.lists(PIECES, max_size=4), ENDINGS)


def read(reader: AnswerReader, stream: bytes) -> Delta:
    pieces = [reader.read(line) for line in stream.split(b"\n") if line.strip()] + [reader.end()]
    return joined(piece for piece in pieces if piece is not None)


def openai(**more: bool) -> OpenAiAnswer:
    return OpenAiAnswer(answer_id="chatcmpl-1", created_s=1, model="m", counts_in_stream=True, **more)


def ollama(**more: bool) -> OllamaAnswer:
    return OllamaAnswer(created_at="2026-01-01T00:00:00Z", model="m", **more)


def same(answer: Delta, pieces: Iterable[Delta], ending: Ending) -> bool:
    whole = joined(pieces)
    assert (whole.text, whole.thinking, whole.tool_uses) == (answer.text, answer.thinking, answer.tool_uses)
    assert answer.ending is not None
    assert (ending.prompt_tokens, ending.output_tokens) == (answer.ending.prompt_tokens, answer.ending.output_tokens)
    reason = "tool_calls" if whole.tool_uses and answer.ending.reason == "tool_calls" else ending.reason
    assert reason == answer.ending.reason
    return True


@given(ANSWERS)
def test_a_stream_of_openai_is_read_as_it_was_written(answer: tuple[list[Delta], Ending]) -> None:
    pieces, ending = answer
    writer = openai()
    stream = b"".join(writer.piece(piece) for piece in [*pieces, Delta(ending=ending)])

    assert same(read(OpenAiReader(), stream), pieces, ending)
    assert stream.endswith(b"data: [DONE]\n\n")


@given(ANSWERS)
def test_a_whole_reply_of_openai_is_read_as_it_was_written(answer: tuple[list[Delta], Ending]) -> None:
    pieces, ending = answer
    reply = openai().whole(joined([*pieces, Delta(ending=ending)]))

    read_back = OpenAiReader().read(json.dumps(reply).encode())

    assert read_back is not None
    assert same(read_back, pieces, ending)


@given(ANSWERS, st.booleans())
def test_a_stream_of_ollama_is_read_as_it_was_written(answer: tuple[list[Delta], Ending], is_generate: bool) -> None:
    pieces, ending = answer
    writer = ollama(is_generate=is_generate)
    stream = b"".join(writer.piece(piece) for piece in [*pieces, Delta(ending=ending)])

    assert same(read(OllamaReader(), stream), pieces, ending)


@given(st.binary(max_size=60))
def test_bytes_of_any_kind_are_read_or_refused(line: bytes) -> None:
    for reader in (OllamaReader(), OpenAiReader()):
        try:
            reader.read(line)
        except TransientProviderError:
            assert not reader.is_complete


def test_records_of_ollama_become_text_counts_and_durations() -> None:
    reader = OllamaReader()
    stream = (
        b'{"model":"s","message":{"role":"assistant","content":"The"},"done":false}\n'
        b'{"model":"s","message":{"role":"assistant","content":" end"},"done":false}\n'
        b'{"model":"s","message":{"role":"assistant","content":""},"done":true,"done_reason":"stop",'
        b'"total_duration":365609030,"load_duration":1313410,"prompt_eval_count":21,"eval_count":8}\n'
    )

    answer = read(reader, stream)

    assert reader.is_complete
    durations = {"total_duration": 365609030, "load_duration": 1313410}
    ending = Ending(reason="stop", prompt_tokens=21, output_tokens=8, durations=durations)
    assert Delta(text="The end", ending=ending) == answer


def test_a_stream_that_ends_without_done_is_not_complete() -> None:
    reader = OllamaReader()

    read(reader, b'{"model":"s","response":"1","done":false}\n')

    assert not reader.is_complete


def test_an_error_in_a_good_stream_is_an_error() -> None:
    record = {"error": "an error was encountered while running the model: unexpected EOF"}

    assert Delta(error=record) == OllamaReader().read(json.dumps(record).encode())


def test_the_parts_of_a_tool_call_are_put_together() -> None:
    parts = [
        {"index": 0, "id": "call_1", "type": "function", "function": {"name": "weather", "arguments": ""}},
        {"index": 0, "function": {"arguments": '{"at":'}},
        {"index": 0, "function": {"arguments": ' "Bern"}'}},
    ]
    events = [{"choices": [{"delta": {"tool_calls": [part]}, "finish_reason": None}]} for part in parts]
    events.append({"choices": [{"delta": {}, "finish_reason": "tool_calls"}]})
    stream = b"".join(b"data: " + json.dumps(event).encode() + b"\n\n" for event in events) + b"data: [DONE]\n\n"

    answer = read(OpenAiReader(), stream)

    assert (ToolUse(name="weather", arguments={"at": "Bern"}, call_id="call_1"),) == answer.tool_uses
    assert answer.ending == Ending(reason="tool_calls")


def test_a_server_that_leaves_out_done_has_ended_with_its_finish_reason() -> None:
    reader = OpenAiReader()

    read(reader, b'data: {"choices":[{"delta":{"content":"a"},"finish_reason":"stop"}]}\n\n')

    assert reader.is_complete


def test_an_answer_of_ollama_cut_in_its_own_compatibility_layer_is_not_complete() -> None:
    reader = OpenAiReader()

    read(reader, b'data: {"model":"","choices":[{"delta":{"content":""},"finish_reason":null}]}\n\n')

    assert not reader.is_complete


def test_comments_and_names_of_events_are_passed_over() -> None:
    reader = OpenAiReader()

    assert [None, None] == [reader.read(b": ping"), reader.read(b"event: message")]


def test_a_text_completion_has_text_in_its_choices() -> None:
    writer = openai(is_text=True)

    first = writer.piece(Delta(text="hi"))

    assert {"index": 0, "text": "hi", "logprobs": None, "finish_reason": None} == json.loads(first[6:])["choices"][0]
    whole = writer.whole(Delta(text="hi", ending=Ending(reason="length", prompt_tokens=1, output_tokens=2)))
    assert "text_completion" == whole["object"]
    assert {"prompt_tokens": 1, "completion_tokens": 2, "total_tokens": 3} == whole["usage"]


def test_a_tool_call_without_an_id_gets_one_that_no_other_call_has() -> None:
    writer = openai()
    pieces = [Delta(tool_uses=(ToolUse(name="a"),)), Delta(tool_uses=(ToolUse(name="b"),))]

    uses = read(OpenAiReader(), b"".join(map(writer.piece, [*pieces, Delta(ending=Ending(reason="stop"))]))).tool_uses

    assert ["call_chatcmpl-1_0", "call_chatcmpl-1_1"] == [use.call_id for use in uses]


def test_a_count_of_tokens_that_no_model_reaches_is_not_known() -> None:
    record = {"done": True, "eval_count": MOST_TOKENS + 1, "prompt_eval_count": MOST_TOKENS, "total_duration": 2**40}
    ending = read(OllamaReader(), json.dumps(record).encode()).ending
    assert ending is not None
    assert (None, MOST_TOKENS) == (ending.output_tokens, ending.prompt_tokens)
    assert {"total_duration": 2**40} == ending.durations
