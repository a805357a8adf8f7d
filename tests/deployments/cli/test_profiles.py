from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from evaluation.candidate import PromptProfile, WorkedExample
from evaluation.requests.profiles import STANDARD_PROFILES

Command = Callable[..., Any]

TERSE = """
name: terse
system: One word.
template: "Q: {prompt}"
examples:
  - {prompt: "2+2?", answer: "4"}
"""


@pytest.fixture
def terse(tmp_path: Path) -> Path:
    """A file with a profile."""
    path = tmp_path / "terse.yaml"
    path.write_text(TERSE)
    return path


def test_the_standard_profiles_are_listed(benchwright: Command) -> None:
    listed = benchwright("profiles", "list", "--json").json

    assert list(STANDARD_PROFILES) == [item["name"] for item in listed]
    assert {"standard"} == {item["source"] for item in listed}


def test_an_added_profile_is_listed_and_shown_in_full(benchwright: Command, terse: Path) -> None:
    expected = PromptProfile(
        name="terse",
        system="One word.",
        template="Q: {prompt}",
        examples=(WorkedExample(prompt="2+2?", answer="4"),),
    )

    added = benchwright("profiles", "add", terse, "--json")

    assert (0, expected.hash) == (added.code, added.json["hash"])
    assert ("terse", "stored") in [
        (item["name"], item["source"]) for item in benchwright("profiles", "list", "--json").json
    ]
    shown = benchwright("profiles", "show", "terse", "--json").json
    assert ("One word.", "Q: {prompt}", [{"prompt": "2+2?", "answer": "4"}]) == tuple(
        shown[key] for key in ("system", "template", "examples")
    )
    assert "Q: 2+2?\n" in benchwright("profiles", "show", "terse").out
    assert "terse" in benchwright("profiles", "list").out


def test_another_content_under_a_name_is_told_of(benchwright: Command, terse: Path) -> None:
    before = benchwright("profiles", "add", terse, "--json").json["hash"]
    terse.write_text(TERSE.replace("One word.", "Two words."))

    said = benchwright("profiles", "add", terse, "--json")

    assert f"terse had the hash {before[:12]} before" in said.err
    assert "Two words." == benchwright("profiles", "show", "terse", "--json").json["system"]


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("name: terse\ntemplate: no place", "its template lacks {prompt}"),
        ("name: terse\nsytem: x", "sytem"),
        ("- a\n- b", "is not a mapping"),
        ("name: [", "is not YAML"),
        ("name: plain\nsystem: Not plain.", "'plain' is the name of a standard profile"),
    ],
)
def test_a_bad_profile_is_refused_and_nothing_is_stored(
    benchwright: Command, terse: Path, content: str, words: str
) -> None:
    terse.write_text(content)

    said = benchwright("profiles", "add", terse)

    assert (2, "") == (said.code, said.out)
    assert words in said.err
    assert len(STANDARD_PROFILES) == len(benchwright("profiles", "list", "--json").json)


def test_a_profile_file_that_is_not_there_is_named(benchwright: Command) -> None:
    said = benchwright("profiles", "add", "/nowhere/terse.yaml")

    assert 2 == said.code
    assert "cannot read the profile '/nowhere/terse.yaml'" in said.err


def test_an_unknown_profile_is_answered_with_those_that_exist(benchwright: Command) -> None:
    said = benchwright("profiles", "show", "concize")

    assert 2 == said.code
    assert "unknown profile 'concize'; did you mean 'concise'?" in said.err
    assert "benchwright profiles add FILE" in said.err
