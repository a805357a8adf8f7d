"""What a parameter may look like, and which combinations come of several."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evaluation.errors import ConfigurationError, UnknownNameError
from evaluation.sweeps.designs import Design, combinations
from evaluation.sweeps.space import Parameter, parse_parameters


def values(text: str) -> tuple[object, ...]:
    return parse_parameters([text])[0].values


def test_a_range_with_a_step_has_both_ends_and_no_rounding_noise() -> None:
    assert (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0) == values("temperature=0.1:1.0:0.1")
    assert (0.0, 0.4, 0.8) == values("temperature=0:1:0.4")
    assert (1024, 2048, 3072) == values("num_ctx=1024:3072:1024")


def test_lists_are_read_in_the_type_of_the_option() -> None:
    assert (0.5, 0.9) == values("top_p=0.5, 0.9")
    assert (10, 40) == values("top_k=10,40")
    assert ("a:1b", "b:3b") == values("model=a:1b,b:3b")
    assert (True, False, "high") == values("think=true,false,high")
    assert (True, False) == values("use_mmap=true,false")


def test_a_range_without_a_step_is_continuous() -> None:
    (parameter,) = parse_parameters(["temperature=0:1.5"])

    assert (True, True, 0.0, 1.5) == (
        parameter.is_continuous,
        parameter.is_numeric,
        parameter.low,
        parameter.high,
    )
    assert (0.0, 0.75) == (parameter.at(0.0), parameter.at(0.5))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("temperature", "not of the form NAME=VALUES"),
        ("temperature=", "not of the form NAME=VALUES"),
        ("temperatur=1", "did you mean 'temperature'"),
        ("temperature=0:1:0", "a step of 0"),
        ("temperature=0:1:0.00001", "at most 10,000 values"),
        ("temperature=1:0:0.1", "the lower bound 1 must be below the upper bound 0"),
        ("temperature=0:x:1", "not low:high:step"),
        ("temperature=0:nan:1", "not low:high:step"),
        ("temperature=0:1:1:1", "not low:high:step"),
        ("temperature=0:11:1", "out of bounds"),
        ("temperature=0.5,,1", "an empty value"),
        ("temperature=0.5,0.50", "a value twice"),
        ("top_k=1.5", "not a whole number"),
        ("stop=a:b", "is not numeric and takes no range"),
        ("think=maybe", "unknown value of think"),
    ],
)
def test_a_mistake_is_named_with_what_is_allowed(text: str, expected: str) -> None:
    with pytest.raises(ConfigurationError, match=expected) as caught:
        parse_parameters([text])
    assert caught.value.next_step


def test_a_parameter_twice_is_refused() -> None:
    with pytest.raises(ConfigurationError, match="given twice"):
        parse_parameters(["top_p=0.5", "top_p=0.9"])


def test_a_grid_has_every_combination_once_the_last_parameter_running_fastest() -> None:
    found = combinations(parse_parameters(["model=a,b", "top_k=1,2"]), Design.GRID, n_samples=None, seed=0)

    assert (
        {"model": "a", "top_k": 1},
        {"model": "a", "top_k": 2},
        {"model": "b", "top_k": 1},
        {"model": "b", "top_k": 2},
    ) == found


@pytest.mark.parametrize(
    ("texts", "design", "n_samples", "expected"),
    [
        ([], Design.GRID, None, "needs a parameter"),
        (["temperature=0:1"], Design.GRID, None, "has no step"),
        (["top_k=1,2"], Design.GRID, 3, "all its 2 combinations, not 3"),
        (["temperature=0:1:0.005", "top_p=0:1:0.01"], Design.GRID, None, "20,301 combinations"),
        (["temperature=0:1"], Design.RANDOM, None, "needs a number of combinations"),
        (["temperature=0:1"], Design.LATIN, 0, "needs a number of combinations"),
    ],
)
def test_a_design_that_cannot_be_had_is_refused(
    texts: list[str], design: Design, n_samples: int | None, expected: str
) -> None:
    with pytest.raises(ConfigurationError, match=expected):
        combinations(parse_parameters(texts), design, n_samples=n_samples, seed=0)


@given(seed=st.integers(0, 1000), n=st.integers(1, 40), design=st.sampled_from([Design.RANDOM, Design.LATIN]))
def test_drawn_combinations_are_within_bounds_each_once_and_the_same_for_a_seed(
    seed: int, n: int, design: Design
) -> None:
    parameters = parse_parameters(["temperature=0.2:1.2", "top_k=1:100", "model=a,b,c"])

    found = combinations(parameters, design, n_samples=n, seed=seed)

    assert n == len(found) == len({tuple(one.items()) for one in found})
    assert found == combinations(parameters, design, n_samples=n, seed=seed)
    for one in found:
        assert 0.2 <= one["temperature"] <= 1.2
        assert one["top_k"] in range(1, 101)
        assert one["model"] in ("a", "b", "c")


def test_a_latin_hypercube_uses_every_piece_of_a_range_once() -> None:
    found = combinations(parse_parameters(["temperature=0:1"]), Design.LATIN, n_samples=20, seed=3)

    assert list(range(20)) == sorted(int(one["temperature"] * 20) for one in found)


def test_a_small_space_gives_all_that_it_has_and_ends() -> None:
    found = combinations(parse_parameters(["top_k=1,2", "model=a,b"]), Design.RANDOM, n_samples=30, seed=0)

    assert 4 == len(found)


def test_unknown_parameters_name_those_that_there_are() -> None:
    with pytest.raises(UnknownNameError) as caught:
        parse_parameters(["size=1"])
    assert "model" in caught.value.known
    assert "temperature" in caught.value.known


def test_a_list_of_numbers_is_numeric_and_words_are_not() -> None:
    assert Parameter(name="top_k", values=(1, 2)).is_numeric
    assert not Parameter(name="model", values=("a", "b")).is_numeric
    assert not Parameter(name="think", values=(True, False)).is_numeric
