"""Limits and weights as they are typed."""

import io
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import pytest

from deployments.cli.recommend_words import (
    read_dollars,
    read_gigabytes,
    read_joules,
    read_percentile,
    read_prompt,
    read_quality,
    read_seconds,
    read_weights,
)
from evaluation.errors import ConfigurationError
from selection.wishes import Weights


@pytest.mark.parametrize(
    ("read", "text", "value"),
    [
        (read_seconds, "2s", 2),
        (read_seconds, "500 ms", 0.5),
        (read_seconds, "1.5min", 90),
        (read_seconds, ".5", 0.5),
        (read_joules, "50J", 50),
        (read_joules, "1.2kJ", 1200),
        (read_joules, "0.01Wh", 36),
        (read_dollars, "$0.50", 0.5),
        (read_dollars, "2 USD", 2),
        (read_quality, "60%", 0.6),
        (read_quality, "60pp", 0.6),
        (read_quality, "0.6", 0.6),
        (read_gigabytes, "8GB", 8),
        (read_gigabytes, "500MB", 0.5),
        (read_gigabytes, "1GiB", 1.073741824),
        (read_percentile, ".95", 0.95),
        (read_percentile, "95", 0.95),
        (read_percentile, "p99.9", 0.999),
        (read_percentile, "50%", 0.5),
    ],
)
def test_a_limit_is_read_with_its_unit(read: Callable[..., float], text: str, value: float) -> None:
    assert pytest.approx(value) == read(text, option="--limit")


@pytest.mark.parametrize(
    ("read", "text"),
    [
        (read_seconds, "2 parsecs"),
        (read_seconds, "-1s"),
        (read_seconds, "nan"),
        (read_seconds, ""),
        (read_seconds, "$2"),
        (read_seconds, "9" * 400),
        (read_joules, "5 MB"),
        (read_dollars, "0.5 EUR"),
        (read_quality, "good"),
        (read_gigabytes, "8"),
        (read_gigabytes, "8 acres"),
        (read_percentile, "0"),
        (read_percentile, "100"),
        (read_percentile, "high"),
    ],
)
def test_what_is_no_limit_is_refused_with_an_example(read: Callable[..., float], text: str) -> None:
    with pytest.raises(ConfigurationError, match="--limit") as refused:
        read(text, option="--limit")

    assert "or example" in (refused.value.next_step or "")


def test_weights_that_are_not_named_stay_as_they_are() -> None:
    assert Weights(quality=1, latency=2, cost=0.5) == read_weights(["latency=2,cost=.5"])
    assert Weights(quality=0, energy=1) == read_weights(["quality=0", "energy=1"])
    assert Weights() == read_weights([])


@pytest.mark.parametrize(
    "words", [["latency"], ["latency=fast"], ["speed=1"], ["cost=1", "cost=2"], ["quality=-1"], ["quality=0"]]
)
def test_what_is_no_weight_is_refused(words: list[str]) -> None:
    with pytest.raises(ConfigurationError) as refused:
        read_weights(words)

    assert refused.value.next_step


def test_a_prompt_comes_from_a_word_a_file_or_the_input(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "prompt.txt"
    file.write_text("What is ä?\n")
    monkeypatch.setattr("sys.stdin", SimpleNamespace(buffer=io.BytesIO(b"from the input")))

    assert "a word" == read_prompt("a word", None)
    assert "What is ä?\n" == read_prompt(None, file)
    assert "from the input" == read_prompt(None, Path("-"))
    assert read_prompt(None, None) is None


@pytest.mark.parametrize("content", [b"", b" \n", b"\xff\xfe", b"x" * 10_000_001])
def test_a_prompt_that_is_none_is_refused(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "prompt.txt"
    file.write_bytes(content)

    for given in ((None, file), (None, tmp_path / "nowhere"), ("one", file), (" ", None)):
        with pytest.raises(ConfigurationError):
            read_prompt(*given)
