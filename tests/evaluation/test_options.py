"""Which value of an option holds when several speak?"""

import pytest

from evaluation.errors import ConfigurationError, UnknownNameError
from evaluation.options import candidate_options, effective_options, load_options, read_options


def test_options_are_read_in_their_types() -> None:
    given = {"temperature": "0.5", "top_k": "7", "use_mmap": "no", "stop": "x", "num_ctx": 2048.0}
    assert {"temperature": 0.5, "top_k": 7, "use_mmap": False, "stop": ["x"], "num_ctx": 2048} == read_options(given)
    assert int is type(read_options(given)["num_ctx"])


def test_a_candidate_has_temperature_0_and_a_context_of_4096_unless_it_says_otherwise() -> None:
    assert {"temperature": 0.0, "num_ctx": 4096} == candidate_options({})
    assert {"temperature": 1.0, "num_ctx": 512, "top_k": 1} == candidate_options(
        {"temperature": 1, "num_ctx": 512, "top_k": 1}
    )


def test_the_candidate_goes_before_the_benchmark_before_the_model_before_the_default() -> None:
    effective = effective_options(
        {"temperature": 0.0, "num_ctx": 4096, "top_k": 1},
        benchmark={"top_k": 2, "top_p": 0.2, "num_predict": 96},
        model={"top_k": 3, "top_p": 0.3, "min_p": 0.3, "temperature": 0.6},
    )
    found = {name: effective[name] for name in ("top_k", "top_p", "min_p", "temperature", "num_predict", "typical_p")}
    assert {
        "top_k": 1,
        "top_p": 0.2,
        "min_p": 0.3,
        "temperature": 0.0,
        "num_predict": 96,
        "typical_p": 1.0,
    } == found


def test_every_option_that_can_change_an_answer_is_explicit_and_sorted() -> None:
    effective = effective_options(candidate_options({}), benchmark={}, model={})
    assert sorted(effective) == list(effective)
    assert {"temperature", "top_k", "top_p", "repeat_penalty", "num_predict", "num_ctx", "stop"} <= effective.keys()
    assert (1024, []) == (effective["num_predict"], effective["stop"])


def test_the_models_own_temperature_is_kept_where_that_is_asked_for() -> None:
    asked = candidate_options({"temperature": "model"})
    assert 0.6 == effective_options(asked, benchmark={}, model={"temperature": 0.6})["temperature"]
    assert 0.8 == effective_options(asked, benchmark={}, model={})["temperature"]


def test_stop_words_of_the_model_always_stay_beside_those_of_the_benchmark_or_the_candidate() -> None:
    model = {"stop": ["<|end|>", "###"]}
    of_benchmark = effective_options({}, benchmark={"stop": ["Question:", "###"]}, model=model)
    of_candidate = effective_options({"stop": ["X"]}, benchmark={"stop": ["Question:"]}, model=model)
    assert ["<|end|>", "###", "Question:"] == of_benchmark["stop"]
    assert ["<|end|>", "###", "X"] == of_candidate["stop"]


def test_a_models_own_context_and_endless_answers_are_not_taken_over() -> None:
    effective = effective_options({}, benchmark={}, model={"num_ctx": 131072, "num_predict": -1, "unknown_option": 3})
    assert (4096, 1024) == (effective["num_ctx"], effective["num_predict"])
    assert "unknown_option" not in effective


def test_what_would_load_the_model_anew_is_told_apart() -> None:
    assert {"num_ctx": 512, "num_gpu": 3} == load_options({"num_ctx": 512, "num_gpu": 3, "temperature": 1, "seed": 2})


@pytest.mark.parametrize(
    ("name", "value", "allowed"),
    [
        ("temperature", True, "a number from 0 to 10"),
        ("top_p", 1.01, "a number from 0 to 1"),
        ("top_k", -1, "a whole number of at least 0"),
        ("num_predict", 0, "a whole number of at least 1"),
        ("num_ctx", float("inf"), "a whole number"),
        ("num_ctx", None, "a whole number"),
        ("num_ctx", -4, "a whole number from 16 to 16777216"),
    ],
)
def test_a_bad_value_is_named_with_what_is_allowed(name: str, value: object, allowed: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        read_options({name: value})
    assert f"option {name}={value!r}" in caught.value.message
    assert allowed in caught.value.message


def test_an_unknown_option_is_answered_with_the_nearest() -> None:
    with pytest.raises(UnknownNameError, match="did you mean 'num_predict'"):
        read_options({"num_predicts": 3})
