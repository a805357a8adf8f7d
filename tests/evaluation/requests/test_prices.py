import json
from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from evaluation.errors import ConfigurationError
from evaluation.metrics.cost import CostUsd
from evaluation.requests.prices import (
    Price,
    PriceTable,
    as_prices,
    models_without_price,
    price_of,
    read_prices,
    stored_prices,
)

YAML = """
electricity_per_kwh: 0.30
models:
  "gpt-oss:120b-cloud": {input_per_million: 0.15, output_per_million: 1}
  "llama3.2:*": {per_kwh: 0.12}
"""
TOML = """
electricity_per_kwh = 0.30
[models]
"gpt-oss:120b-cloud" = {input_per_million = 0.15, output_per_million = 1}
"llama3.2:*" = {per_kwh = 0.12}
"""


def table(*entries: tuple[str, float], electricity: float | None = None) -> PriceTable:
    return PriceTable(
        by_model=tuple((pattern, Price(per_kwh=price)) for pattern, price in entries), electricity_per_kwh=electricity
    )


def price(prices: PriceTable, name: str) -> float | None:
    found = price_of(prices, name)
    return None if found is None else found.per_kwh


@pytest.mark.parametrize(("name", "text"), [("p.yaml", YAML), ("p.toml", TOML), ("p.TOML", TOML)])
def test_prices_are_read_from_yaml_and_toml_alike(tmp_path: Path, name: str, text: str) -> None:
    (tmp_path / name).write_text(text)

    assert PriceTable(
        by_model=(
            ("gpt-oss:120b-cloud", Price(input_per_million=0.15, output_per_million=1.0)),
            ("llama3.2:*", Price(per_kwh=0.12)),
        ),
        electricity_per_kwh=0.30,
    ) == read_prices(tmp_path / name)


def test_a_models_own_name_goes_before_patterns_and_the_most_distinct_pattern_before_others() -> None:
    prices = table(("*", 1), ("llama*", 2), ("llama3.2:*", 3), ("llama3.2:3b", 4), ("[l]lama3.2:1?", 5))

    names = ("llama3.2:3b", "llama3.2:8b", "llama2:7b", "qwen:1b", "llama3.2:1b")
    assert [4, 3, 2, 1, 5] == [price(prices, name) for name in names]


def test_a_models_price_is_known_in_either_unicode_form_and_not_given_in_both(tmp_path: Path) -> None:
    prices = as_prices({"models": {"cafe\u0301": {"per_kwh": 1}}})
    assert [1, 1] == [price(prices, name) for name in ("caf\u00e9", "cafe\u0301")]
    (tmp_path / "p.toml").write_text('[models]\n"caf\u00e9" = {per_kwh = 1}\n"cafe\u0301" = {per_kwh = 2}\n')
    with pytest.raises(ConfigurationError, match="models → caf\u00e9 appears twice, in two Unicode forms"):
        read_prices(tmp_path / "p.toml")


def test_among_equal_patterns_the_first_of_the_file_counts() -> None:
    assert 1 == price(table(("a*", 1), ("*a", 2)), "aa")


def test_a_name_without_a_tag_is_its_latest() -> None:
    assert [1, 1] == [price(table(("tiny", 1)), name) for name in ("tiny", "tiny:latest")]
    assert 1 == price(table(("tiny:latest", 1)), "tiny")
    assert price(table(("tiny", 1)), "tiny:1b") is None
    assert 1 == price(table(("host:5000/tiny", 1)), "host:5000/tiny:latest")


def test_electricity_is_for_whoever_has_no_price_of_its_own() -> None:
    prices = table(("a", 1), electricity=0.3)

    assert [1, 0.3] == [price(prices, name) for name in ("a", "b")]


def test_a_model_of_which_nothing_is_known_has_no_price() -> None:
    assert price_of(PriceTable(), "a") is None
    assert price_of(table(("b", 1)), "a") is None


def test_a_candidate_of_several_models_has_the_prices_of_all_of_them_or_none() -> None:
    table = PriceTable(by_model=(("a:*", Price(per_kwh=0.1)), ("b:*", Price(per_kwh=0.2))))

    assert {"price": {"per_kwh": 0.1}} == stored_prices(table, ["a:1b"])
    both = {"a:1b": {"per_kwh": 0.1}, "b:1b": {"per_kwh": 0.2}}
    assert {"price": None, "prices": both} == stored_prices(table, ["a:1b", "b:1b"])
    assert {"price": None, "prices": None} == stored_prices(table, ["a:1b", "embedder"])
    assert ("embedder",) == models_without_price(table, ["a:1b", "embedder"])
    assert () == models_without_price(PriceTable(), ["a:1b", "embedder"])


def test_a_price_is_kept_as_the_options_of_its_metric() -> None:
    by_token = Price(input_per_million=0.0, output_per_million=2.0)

    assert {"input_per_million": 0.0, "output_per_million": 2.0} == by_token.options
    assert CostUsd(input_per_million=0.0, output_per_million=2.0) == CostUsd(**by_token.options)


def test_a_table_is_made_again_from_what_a_request_keeps_of_it(tmp_path: Path) -> None:
    (tmp_path / "p.yaml").write_text(YAML)
    prices = read_prices(tmp_path / "p.yaml")

    assert prices == as_prices(json.loads(json.dumps(prices.content)))
    assert PriceTable() == as_prices(PriceTable().content)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("models: {a: {per_khw: 1}}", "models → a → per_khw is not a key of a price"),
        ("models: {a: {per_kwh: -1}}", "models → a → per_kwh must not be negative"),
        ("models: {a: {per_kwh: .inf}}", "models → a → per_kwh must be a finite number"),
        ("models: {a: {per_kwh: free}}", "models → a → per_kwh must be a number"),
        ("models: {a: {per_kwh: true}}", "models → a → per_kwh must be a number"),
        ("models: {a: {}}", "models → a must have either"),
        ("models: {a: {input_per_million: 1}}", "models → a must have either"),
        ("models: {a: {input_per_million: 1, output_per_million: 1, per_kwh: 1}}", "models → a must have either"),
        ("models: [a]", "models must be a mapping of model names"),
        ("models: {a: 3}", "models → a must be a mapping"),
        ("modells: {}", "modells is not a key of a price"),
        ("- a", "hold a list, expected a mapping"),
        ("models: [", "neither YAML nor TOML"),
    ],
)
def test_a_file_that_cannot_be_meant_is_refused_with_its_place(tmp_path: Path, text: str, said: str) -> None:
    path = tmp_path / "prices.yaml"
    path.write_text(text)
    with pytest.raises(ConfigurationError) as caught:
        read_prices(path)
    assert said in caught.value.message
    assert caught.value.next_step


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            "models: {a: {per_khw: 1, tax: 2}}",
            "Remove 'per_khw', 'tax', or write 'per_kwh' if that is what you mean; known keys: input_per_million, ",
        ),
        ("currency: EUR", "Remove 'currency'; known keys: electricity_per_kwh, models. For example"),
    ],
)
def test_the_next_step_for_an_unknown_key_is_to_remove_it(text: str, said: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        as_prices(yaml.safe_load(text))
    assert str(caught.value.next_step).startswith(said)


def test_a_file_that_is_not_there_is_named() -> None:
    with pytest.raises(ConfigurationError, match=r"cannot read the prices '/nowhere/p.yaml'"):
        read_prices(Path("/nowhere/p.yaml"))


@given(st.text(max_size=30), st.text(max_size=30))
def test_any_pattern_can_be_held_against_any_name(pattern: str, name: str) -> None:
    assert price(table((pattern, 1)), name) in (None, 1)
    assert 1 == price(table((pattern, 1)), pattern)
