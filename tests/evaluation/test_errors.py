"""Every error survives the way through Prefect, which pickles it, and says what its reader needs."""

import pickle

import pytest

from evaluation.errors import (
    BenchmarkError,
    BenchwrightError,
    CandidateFailureError,
    ConfigurationError,
    FailureKind,
    IncomparableError,
    ProviderError,
    RefusedValueError,
    SandboxError,
    SelectionError,
    StoreError,
    TransientProviderError,
    UnknownNameError,
)

EVERY_ERROR = [
    BenchwrightError("m", "n"),
    ConfigurationError("m"),
    UnknownNameError("metric", "tokn_f1", ["token_f1", "bleu"], "look"),
    UnknownNameError("metric", "x", []),
    BenchmarkError("f.jsonl", "broken", line=3, row=2, field="prompt", expected="text", next_step="mend"),
    IncomparableError("m", "n"),
    StoreError("m", "n"),
    RefusedValueError("m", "n"),
    SandboxError("m"),
    SelectionError("m", "n"),
    ProviderError("m", FailureKind.BAD_OPTION, "n"),
    CandidateFailureError("m", FailureKind.EMPTY_ANSWER, "text", "n"),
    TransientProviderError("m", FailureKind.TIMED_OUT, 3.5, "n"),
]


@pytest.mark.parametrize("error", EVERY_ERROR, ids=lambda error: type(error).__name__)
def test_an_error_comes_out_of_a_pickle_as_it_went_in(error: BenchwrightError) -> None:
    again = pickle.loads(pickle.dumps(error))
    assert type(error) is type(again)
    assert vars(error) == vars(again)
    assert str(error) == str(again)
    assert str(again).startswith(again.message)


def test_an_error_as_text_holds_the_next_step_so_that_a_log_does() -> None:
    assert "no server answers. Next: Start one." == str(ConfigurationError("no server answers", "Start one."))
    assert "Gone. Next: look again." == str(StoreError("Gone.", "look again"))
    assert "no next step" == str(StoreError("no next step"))


def test_an_unknown_name_is_answered_with_the_nearest_and_all_others() -> None:
    error = UnknownNameError("metric", "tokn_f1", ["token_f1", "bleu"])
    assert "unknown metric 'tokn_f1'; did you mean 'token_f1'? Known: token_f1, bleu." == error.message
    assert "unknown run 'x'. None is known yet." == UnknownNameError("run", "x", []).message
    twice = UnknownNameError("option", "topk", ["top_k", "seed", "top_k"])
    assert "unknown option 'topk'; did you mean 'top_k'? Known: top_k, seed." == twice.message
    many = UnknownNameError("model", "m59x", [f"m{n}" for n in range(60)])
    assert "unknown model 'm59x'; did you mean 'm59'? Nearest of 60: m59, m9, m5, m58, m57." == many.message
    unlike = UnknownNameError("case", "zzz", [f"m{n}" for n in range(1200)])
    assert "unknown case 'zzz'. First of 1,200: m0, m1, m2, m3, m4." == unlike.message


def test_a_bad_file_is_named_with_line_field_and_what_was_expected() -> None:
    error = BenchmarkError("f.jsonl", "is a number", line=3, field="prompt", expected="text")
    assert "f.jsonl, line 3, field 'prompt': is a number; expected text" == error.message


def test_every_kind_of_failure_is_the_servers_or_the_candidates_and_only_a_servers_may_pass() -> None:
    own = {kind for kind in FailureKind if kind.is_the_candidates_own}
    assert {
        "empty_answer",
        "thinking_used_up_the_budget",
        "repeated_itself",
        "prompt_too_long",
        "pipeline_failed",
    } == own
    assert not any(kind.is_transient for kind in own)
    permanent = {kind for kind in FailureKind if kind not in own and not kind.is_transient}
    refused = {"model_not_pulled", "bad_option", "refused_by_policy", "prompt_truncated"}
    assert {*refused, "unreadable_answer", "wrong_model", "wrong_embedding"} == permanent


def test_again_or_not_is_a_question_of_the_type() -> None:
    assert isinstance(EVERY_ERROR[-1], ProviderError)
    assert not isinstance(EVERY_ERROR[-2], TransientProviderError)
