"""What does a file of settings say? As people mean it, in files of any length that people write by hand."""

from pathlib import Path

import pytest
import yaml

from evaluation.errors import ConfigurationError
from evaluation.files.bounded_reading import LARGEST_SETTINGS
from evaluation.files.yaml_text import read_yaml
from evaluation.requests.prices import read_prices
from evaluation.requests.profiles import read_profile
from evaluation.requests.request_file import read_request_file


@pytest.mark.parametrize(
    ("text", "value"), [("yes", True), ("off", False), ("1_000", "1_000"), ("010", "010"), ("1.5", 1.5)]
)
def test_settings_have_truth_values_and_plain_numbers(text: str, value: object) -> None:
    assert {"a": value} == read_yaml(f"a: {text}", is_settings=True)


def test_a_key_that_stands_twice_is_refused_and_one_that_is_merged_is_not() -> None:
    with pytest.raises(yaml.YAMLError, match="the key 'a' appears twice in one mapping"):
        read_yaml("a: 1\na: 2")
    assert {"a": 2} == read_yaml("x: &x {a: 1}\nb:\n  <<: *x\n  a: 2")["b"]


@pytest.mark.parametrize("read", [read_prices, read_profile, read_request_file])
@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("models: {}\nmodels: {}", "appears twice"),
        ("#" * (LARGEST_SETTINGS + 1), "longer than 1 MiB"),
        ("a: " + "[" * 1500, "YAML"),
        ("a: &a [*a]", "alias"),
    ],
)
def test_a_file_of_settings_that_cannot_be_read_is_refused(tmp_path: Path, read: object, text: str, words: str) -> None:
    path = tmp_path / "file.yaml"
    path.write_text(text)
    with pytest.raises(ConfigurationError, match=words):
        read(path)  # type: ignore[operator]


@pytest.mark.parametrize("price", ["0_1", "1_0.5", "\u0661"])
def test_a_price_is_written_as_a_number(tmp_path: Path, price: str) -> None:
    path = tmp_path / "prices.yaml"
    path.write_text(f"electricity_per_kwh: {price}")
    with pytest.raises(ConfigurationError, match="electricity_per_kwh must be a number"):
        read_prices(path)


def test_a_file_of_an_editor_that_marks_its_beginning_is_read(tmp_path: Path) -> None:
    path = tmp_path / "run.yaml"
    path.write_bytes(b"\xef\xbb\xbfmodels: [m]\n")
    assert {"models": ["m"]} == read_request_file(path)
