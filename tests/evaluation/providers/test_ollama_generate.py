import json
from typing import Any

import httpx
import pytest

from evaluation.case import Message
from evaluation.errors import CandidateFailureError, FailureKind, ProviderError, TransientProviderError
from evaluation.providers.request_phase import Phase
from evaluation.providers.streamed_answer import Draft


def test_a_stream_becomes_one_generation_with_usage_and_timing(wire: Any) -> None:
    generation = wire.chat(wire.said("Hel"), wire.said("lo."), wire.final()).generate()
    assert (generation.text, generation.answer, generation.thinking) == ("Hello.", "Hello.", None)
    assert (generation.finish_reason, generation.own_failure, generation.seed) == ("stop", None, 7)
    assert (generation.prompt_tokens, generation.output_tokens, generation.cold) == (12, 3, False)
    timing = generation.timing
    assert (timing.load_s, timing.prompt_s, timing.generate_s) == (0.001, 0.2, 0.3)
    assert timing.queue_s == pytest.approx(0.399)
    assert 0 < timing.ttft_s <= timing.total_s


def test_every_option_is_sent_where_the_server_reads_it(wire: Any) -> None:
    options = {"temperature": 0.5, "seed": 3, "num_ctx": 2048, "stop": ["x"], "num_predict": 9}
    messages = (Message(role="system", content="Be brief."), Message(role="user", content="Hi"))
    request = wire.ask_for(options=options, messages=messages, keep_alive="24h", think=False, format={"type": "object"})
    wire.chat(wire.final("ok")).generate(request)
    expected = {
        "model": "tiny:latest",
        "messages": [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "Hi"}],
        "stream": True,
        "options": options,
        "keep_alive": "24h",
        "truncate": False,
        "shift": False,
        "think": False,
        "format": {"type": "object"},
    }
    assert [("/api/chat", expected)] == wire.asked


def test_think_and_format_are_left_out_where_they_do_not_apply(wire: Any) -> None:
    wire.chat(wire.final("ok")).generate()
    assert {"think", "format"}.isdisjoint(wire.asked[0][1])


def test_an_answer_is_generated_from_its_first_text_on(wire: Any) -> None:
    draft = Draft()
    assert draft.phase is Phase.WAITING
    wire.chat(wire.said(""), wire.said("a"), wire.said("b"), wire.final())
    wire.ollama(lambda provider: provider.answer(wire.ask_for(), draft))
    assert draft.phase is Phase.GENERATING


def test_a_line_separator_inside_an_answer_breaks_nothing(wire: Any) -> None:
    text = "one\u2028two\u0085three\rfour"
    assert text == wire.chat(wire.said(text), wire.final()).generate().text


def test_text_with_a_lone_surrogate_is_sent_and_received(wire: Any) -> None:
    body = b'{"message":{"content":"\\ud83d"},"done":false}\n{"message":{"content":"\\ude00 \\ud800"},"done":false}\n'
    wire.on("/api/chat", httpx.Response(200, content=body + json.dumps(wire.final()).encode()))
    generation = wire.generate(wire.ask_for("What is \ud800?"))
    assert "\U0001f600 \ufffd" == generation.text
    assert "What is \ud800?" == wire.asked[0][1]["messages"][0]["content"]


def test_metrics_left_out_are_zeros_or_unknown_but_never_invented(wire: Any) -> None:
    last = {"message": {"content": ""}, "done": True, "total_duration": 5_000_000}
    generation = wire.chat(wire.said("hi"), last).generate()
    assert (generation.prompt_tokens, generation.output_tokens, generation.finish_reason) == (None, None, None)
    timing = generation.timing
    assert (timing.queue_s, timing.load_s, timing.prompt_s, timing.generate_s) == (0.005, 0.0, 0.0, 0.0)


def test_a_server_without_durations_leaves_the_parts_unknown(wire: Any) -> None:
    generation = wire.chat(wire.said("hi"), {"done": True, "eval_count": None, "load_duration": None}).generate()
    assert generation.timing.queue_s is None
    assert generation.timing.load_s is None
    assert generation.output_tokens is None
    assert not generation.cold


def test_the_queue_is_never_negative(wire: Any) -> None:
    generation = wire.chat(wire.said("hi"), wire.final(total_duration=1)).generate()
    assert 0.0 == generation.timing.queue_s


@pytest.mark.parametrize(("load_ns", "cold"), [(1_400_000, False), (256_000_000, True)])
def test_a_request_that_waited_for_a_load_is_cold(wire: Any, load_ns: int, cold: bool) -> None:
    assert cold is wire.chat(wire.said("hi"), wire.final(load_duration=load_ns)).generate().cold


def test_thinking_is_kept_apart_from_the_answer(wire: Any) -> None:
    wire.chat(wire.said("", thinking="Let me "), wire.said("", thinking="see."), wire.said("42"), wire.final())
    generation = wire.generate()
    assert ("42", "42", "Let me see.") == (generation.text, generation.answer, generation.thinking)


def test_stray_thinking_tags_are_taken_off_the_answer_but_not_off_the_text(wire: Any) -> None:
    generation = wire.chat(wire.said("<think>hm</think>\n"), wire.said("42"), wire.final()).generate()
    assert ("<think>hm</think>\n42", "42", "hm") == (generation.text, generation.answer, generation.thinking)


def test_an_empty_answer_is_the_candidates_own_failure_with_its_usage_kept(wire: Any) -> None:
    last = {key: value for key, value in wire.final().items() if key != "eval_count"}
    generation = wire.chat(last).generate()
    assert (FailureKind.EMPTY_ANSWER, "", 12, 0) == (
        generation.own_failure,
        generation.answer,
        generation.prompt_tokens,
        generation.output_tokens,
    )
    assert generation.message
    assert generation.timing.prompt_s == 0.2
    assert generation.timing.ttft_s is None


@pytest.mark.parametrize("content", ["", "<think>still going"])
def test_thinking_that_used_up_the_budget_is_a_failure_of_its_own(wire: Any, content: str) -> None:
    wire.chat(wire.said(content, thinking="on and on"), wire.final(done_reason="length", eval_count=48))
    generation = wire.generate()
    assert FailureKind.THINKING_USED_UP_THE_BUDGET == generation.own_failure
    assert ("", 48) == (generation.answer, generation.output_tokens)
    assert generation.thinking.startswith("on and on")
    assert "were cut at num_predict=48, before any answer" in generation.message


def test_thinking_that_filled_the_context_is_said_to_have_filled_it(wire: Any) -> None:
    final = wire.final(done_reason="length", prompt_eval_count=2040, eval_count=8)
    generation = wire.chat(wire.said("", thinking="on and on"), final).generate()
    assert FailureKind.THINKING_USED_UP_THE_BUDGET == generation.own_failure
    assert "were cut where the context was full (num_ctx=2048)" in generation.message


def test_an_answer_that_used_up_num_predict_is_an_answer(wire: Any) -> None:
    generation = wire.chat(wire.said("Once upon"), wire.final(done_reason="length")).generate()
    assert (None, "length", "Once upon") == (generation.own_failure, generation.finish_reason, generation.answer)


@pytest.mark.parametrize("prompt", ["", " \n\t"])
def test_an_empty_prompt_is_refused_before_it_is_sent(wire: Any, prompt: str) -> None:
    messages = (Message(role="system", content="Be brief."), Message(role="user", content=prompt))
    with pytest.raises(ProviderError, match="the prompt is empty") as caught:
        wire.generate(wire.ask_for(messages=messages))
    assert FailureKind.BAD_OPTION == caught.value.kind
    assert [] == wire.asked


@pytest.mark.parametrize("reason", ["load", "unload"])
def test_a_load_or_unload_is_never_taken_for_an_answer(wire: Any, reason: str) -> None:
    with pytest.raises(TransientProviderError, match=reason) as caught:
        wire.chat({**wire.said(""), "done": True, "done_reason": reason}).generate()
    assert FailureKind.CUT_STREAM == caught.value.kind


def test_a_stream_without_its_final_record_is_cut(wire: Any) -> None:
    with pytest.raises(TransientProviderError, match="after 6 characters") as caught:
        wire.chat(wire.said("Hel"), wire.said("lo.")).generate()
    assert FailureKind.CUT_STREAM == caught.value.kind


def test_a_200_with_nothing_in_it_is_cut(wire: Any) -> None:
    with pytest.raises(TransientProviderError) as caught:
        wire.chat().generate()
    assert FailureKind.CUT_STREAM == caught.value.kind


@pytest.mark.parametrize(("n_equal", "expected"), [(30, FailureKind.CUT_STREAM), (31, FailureKind.REPEATED_ITSELF)])
def test_more_than_thirty_equal_chunks_before_the_end_are_the_candidates_fault(
    wire: Any, n_equal: int, expected: FailureKind
) -> None:
    with pytest.raises(ProviderError) as caught:
        wire.chat(wire.said("So: "), *[wire.said(" ha" if i % 2 else "ha") for i in range(n_equal)]).generate()
    assert expected == caught.value.kind
    if isinstance(caught.value, CandidateFailureError):
        assert caught.value.text.startswith("So: ha haha")
    else:
        assert isinstance(caught.value, TransientProviderError)


def test_equal_chunks_of_blanks_count_as_repetition(wire: Any) -> None:
    with pytest.raises(CandidateFailureError) as caught:
        wire.chat(wire.said("{"), *[wire.said("\n" if i % 2 else "  ") for i in range(31)]).generate()
    assert FailureKind.REPEATED_ITSELF == caught.value.kind


def test_repetition_followed_by_a_proper_end_is_an_answer(wire: Any) -> None:
    generation = wire.chat(*[wire.said("a")] * 60, wire.final()).generate()
    assert "a" * 60 == generation.answer


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1" * 31, FailureKind.REPEATED_ITSELF),
        ("{}" + " \n" * 20, FailureKind.REPEATED_ITSELF),
        ("all day " * 31, FailureKind.REPEATED_ITSELF),
        ("Half an ans", FailureKind.CUT_STREAM),
    ],
)
def test_a_whole_answer_that_is_not_done_is_judged_by_its_end(wire: Any, text: str, expected: FailureKind) -> None:
    with pytest.raises(ProviderError) as caught:
        wire.on("/api/chat", httpx.Response(200, json=wire.said(text))).generate()
    assert expected == caught.value.kind


def test_a_whole_answer_that_is_done_is_read_like_a_stream(wire: Any) -> None:
    assert "Hi." == wire.on("/api/chat", httpx.Response(200, json=wire.final("Hi."))).generate().answer


def test_an_error_line_inside_a_200_is_an_error(wire: Any) -> None:
    line = {"error": "an error was encountered while running the model: unexpected EOF"}
    with pytest.raises(TransientProviderError, match="unexpected EOF") as caught:
        wire.chat(wire.said("Hel"), line).generate()
    assert FailureKind.RUNNER_CRASHED == caught.value.kind


def test_the_newer_repeat_error_keeps_what_was_written(wire: Any) -> None:
    with pytest.raises(CandidateFailureError) as caught:
        wire.chat(wire.said("ha ha"), {"error": "prediction aborted, token repeat limit reached"}).generate()
    assert (FailureKind.REPEATED_ITSELF, "ha ha") == (caught.value.kind, caught.value.text)


@pytest.mark.parametrize("line", [b"<html>Bad gateway</html>\n", b'{"message":{"con', b"[1]\n", b"\xff\xfe{}\n"])
def test_a_line_that_is_no_record_is_a_cut_stream(wire: Any, line: bytes) -> None:
    wire.on("/api/chat", httpx.Response(200, content=json.dumps(wire.said("a")).encode() + b"\n" + line))
    with pytest.raises(TransientProviderError, match="not a record") as caught:
        wire.generate()
    assert FailureKind.CUT_STREAM == caught.value.kind


@pytest.mark.parametrize("name", ["gpt-oss:120b-cloud", "glm:cloud", "GLM:Cloud"])
def test_a_remote_model_is_refused_before_anything_is_sent(wire: Any, name: str) -> None:
    with pytest.raises(ProviderError, match="leave this machine") as caught:
        wire.generate(wire.ask_for(model=name))
    assert FailureKind.REFUSED_BY_POLICY == caught.value.kind
    assert [] == wire.asked


def test_a_remote_model_under_a_local_name_is_found_out(wire: Any) -> None:
    wire.chat(wire.said("hi"), wire.final(remote_host="https://elsewhere.example"))
    with pytest.raises(ProviderError, match="elsewhere"):
        wire.generate()
    assert "hi" == wire.generate(allow_remote=True).answer


def test_a_remote_model_answers_where_it_is_allowed(wire: Any) -> None:
    assert (
        "hi" == wire.chat(wire.said("hi"), wire.final()).generate(wire.ask_for(model="x:cloud"), allow_remote=True).text
    )


LONG = "The quick brown fox jumps over the lazy dog near the river bank. " * 320


@pytest.mark.parametrize("n_tokens", [1026, 1025, 1500])
def test_a_prompt_that_was_cut_in_silence_is_an_error(wire: Any, n_tokens: int) -> None:
    with pytest.raises(ProviderError, match="truncated the prompt") as caught:
        wire.chat(wire.said("x"), wire.final(prompt_eval_count=n_tokens)).generate(wire.ask_for(LONG))
    assert FailureKind.PROMPT_TRUNCATED == caught.value.kind


def test_half_a_window_is_no_sign_where_the_prompt_may_have_fitted(wire: Any) -> None:
    prompt = "word " * 1000
    assert (
        1026
        == wire.chat(wire.said("x"), wire.final(prompt_eval_count=1026)).generate(wire.ask_for(prompt)).prompt_tokens
    )


def test_a_prompt_of_cheap_runs_is_not_accused(wire: Any) -> None:
    prompt = "What is this? " + "=" * 9000 + " " * 9000
    assert (
        90 == wire.chat(wire.said("x"), wire.final(prompt_eval_count=90)).generate(wire.ask_for(prompt)).prompt_tokens
    )


def test_without_a_count_there_is_no_verdict_on_truncation(wire: Any) -> None:
    last = {key: value for key, value in wire.final().items() if key != "prompt_eval_count"}
    assert wire.chat(wire.said("x"), last).generate(wire.ask_for(LONG)).prompt_tokens is None


def test_without_num_ctx_there_is_no_verdict_on_truncation(wire: Any) -> None:
    request = wire.ask_for(LONG, options={"temperature": 0})
    assert 5 == wire.chat(wire.said("x"), wire.final(prompt_eval_count=5)).generate(request).prompt_tokens


def loaded(context_length: int) -> httpx.Response:
    return httpx.Response(200, json={"models": [{"name": "tiny:latest", "context_length": context_length}]})


@pytest.mark.parametrize("answer", [loaded(2048), httpx.Response(500, text="no"), httpx.Response(200, json={})])
def test_more_tokens_than_the_context_holds_mean_that_some_were_forgotten(wire: Any, answer: httpx.Response) -> None:
    wire.on("/api/ps", answer).chat(wire.said("x"), wire.final(prompt_eval_count=2000, eval_count=100))
    with pytest.raises(ProviderError, match="2100 tokens of prompt and answer in a context of 2048") as caught:
        wire.generate()
    assert FailureKind.PROMPT_TRUNCATED == caught.value.kind


def test_a_context_that_the_server_rounded_up_is_not_overflown(wire: Any) -> None:
    wire.on("/api/ps", loaded(2304)).chat(wire.said("x"), wire.final(prompt_eval_count=2000, eval_count=100))
    assert "x" == wire.generate().answer


def test_num_keep_moves_the_half_window(wire: Any) -> None:
    request = wire.ask_for("a bc " * 2000, options={"num_ctx": 2048, "num_keep": 24})
    with pytest.raises(ProviderError, match="half window"):
        wire.chat(wire.said("x"), wire.final(prompt_eval_count=1036)).generate(request)
