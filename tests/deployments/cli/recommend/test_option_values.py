"""Limits and weights as they are typed."""

import io
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import pytest

from deployments.cli.recommend.option_values import (
    read_dollars,
    read_gigabytes,
    read_joules,
    read_names,
    read_percentile,
    read_prompt,
    read_quality,
    read_seconds,
    read_weights,
)
from evaluation.errors import ConfigurationError
from selection.preferences import Weights


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
        (read_percentile, "0.95", 0.95),
        (read_percentile, "95%", 0.95),
        (read_percentile, "p95", 0.95),
        (read_percentile, "P95%", 0.95),
        (read_percentile, "p99.9", 0.999),
        (read_percentile, "50%", 0.5),
        (read_percentile, "50", 0.5),
        (read_percentile, "p3", 0.03),
        (read_percentile, "3 %", 0.03),
        (read_percentile, ".03", 0.03),
        (read_quality, "1", 1),
        (read_quality, "100%", 1),
        (read_quality, "0", 0),
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
        (read_gigabytes, "-8GB"),
        (read_gigabytes, "9" * 400 + "GB"),
        (read_joules, "-5J"),
        (read_dollars, "-1"),
        (read_dollars, "$-1"),
        (read_quality, "-60%"),
        (read_percentile, "150%"),
        (read_percentile, "$95"),
        (read_percentile, "0"),
        (read_percentile, "100"),
        (read_percentile, "high"),
    ],
)
def test_what_is_no_limit_is_refused_with_an_example(read: Callable[..., float], text: str) -> None:
    with pytest.raises(ConfigurationError, match="--limit") as refused:
        read(text, option="--limit")

    assert "or example" in (refused.value.next_step or "")


@pytest.mark.parametrize("text", ["3", "1", "1.0", "10", "49.9"])
def test_a_percentile_that_could_be_a_slip_is_refused_with_how_to_say_it(text: str) -> None:
    with pytest.raises(ConfigurationError, match="is ambiguous") as refused:
        read_percentile(text, option="--percentile")

    assert f"Give p{float(text):g} or {float(text):g}% if that is what you mean." in (refused.value.next_step or "")


@pytest.mark.parametrize("text", ["p.95", "p0.95", "0.95%"])
def test_a_share_that_is_marked_as_percent_is_refused_with_both_ways_to_say_it(text: str) -> None:
    with pytest.raises(ConfigurationError, match="less than one percent") as refused:
        read_percentile(text, option="--percentile")

    assert "Give p95 or 0.95 if that is what you mean." == refused.value.next_step


@pytest.mark.parametrize(
    ("text", "meant"), [("140%", ""), ("1.4", " 1.4 percent is 1.4% or 0.014."), ("80", " 80 percent is 80% or 0.8.")]
)
def test_a_quality_that_cannot_be_reached_is_refused_with_the_range(text: str, meant: str) -> None:
    with pytest.raises(ConfigurationError) as refused:
        read_quality(text, option="--min-quality")

    assert f"--min-quality {text!r} is above the maximum quality of 1 (100%)" == refused.value.message
    assert f"Give one from 0 to 1, or from 0% to 100%.{meant}" == refused.value.next_step


def test_names_are_kept_and_none_may_be_empty() -> None:
    assert ((), ("a", "b c")) == (read_names(None, option="--endpoint"), read_names(["a", "b c"], option="--endpoint"))
    with pytest.raises(ConfigurationError, match="--endpoint is empty"):
        read_names(["a", " "], option="--endpoint")


def test_weights_that_are_not_named_stay_as_they_are() -> None:
    assert Weights(quality=1, latency=2, cost=0.5) == read_weights(["latency=2,cost=.5"])
    assert Weights(quality=0, energy=1) == read_weights(["quality=0", "energy=1"])
    assert Weights(latency=2) == read_weights(["latency = 2"])
    assert Weights() == read_weights([])


@pytest.mark.parametrize(
    "words",
    [["latency"], ["latency=fast"], ["speed=1"], ["cost=1", "cost=2"], ["quality=-1"], ["quality=0"], ["cost=1e9"]],
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
