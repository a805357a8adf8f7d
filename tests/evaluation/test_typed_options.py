"""Options as text: which value a text means for each type, and which texts mean none."""

from dataclasses import dataclass
from typing import Any, Literal

import pytest

from evaluation.typed_options import described_options, missing_option, value_in_text


@dataclass(frozen=True, kw_only=True)
class Options:
    depth: int
    names: tuple[str, ...] = ()
    mode: Literal["fast", "slow"] | None = None


@pytest.mark.parametrize(
    ("text", "option_type", "value"),
    [
        ("12", int, 12),
        ("-3", int, -3),
        ("1e3", int, 1000),
        ("9007199254740993", int, 9007199254740993),
        ("2", float, 2.0),
        ("1e-3", float, 0.001),
        ("TRUE", bool, True),
        ("no", bool, False),
        ("a=b c", str, "a=b c"),
        ("none", str | None, None),
        ("nonesuch", str | None, "nonesuch"),
        ("3", int | None, 3),
        ("0.5", int | float, 0.5),
        ("Slow", Literal["fast", "slow"], "slow"),
        ("2", Literal[1, 2], 2),
        ("a|b", tuple[str, ...], ("a", "b")),
        ("a", tuple[str, ...], ("a",)),
        ("1|2", tuple[int, ...], (1, 2)),
        ("", tuple[str, ...], ()),
    ],
)
def test_a_text_means_a_value_of_its_type(text: str, option_type: Any, value: object) -> None:
    read = value_in_text(text, option_type)

    assert (read, type(read)) == (value, type(value))


@pytest.mark.parametrize(
    ("text", "option_type"),
    [
        ("1.5", int),
        ("", int),
        ("1_000", int),
        ("٣", int),
        ("nan", float),
        ("1e999999", float),
        ("2", bool),
        ("middle", Literal["fast", "slow"]),
        ("x", int | None),
        ("1|x", tuple[int, ...]),
        ("a", dict[str, int]),
    ],
)
def test_a_text_that_means_none_is_refused(text: str, option_type: Any) -> None:
    with pytest.raises(ValueError, match=r".*"):
        value_in_text(text, option_type)


def test_options_are_described_and_missing_ones_named() -> None:
    assert described_options(Options) == {
        "depth": "a whole number",
        "names": "texts separated by |; empty unless given",
        "mode": "fast or slow, or none; none unless given",
    }
    assert missing_option(Options, {"names": ()}) == "depth"
    assert missing_option(Options, {"depth": 1}) is None
