"""Prompt profiles: those that come with Benchwright, and what a file may hold."""

from pathlib import Path

import pytest

from evaluation.errors import ConfigurationError
from evaluation.requests.profiles import STANDARD_PROFILES, read_profile


def test_the_standard_profiles_have_distinct_identities_and_a_place_for_the_prompt() -> None:
    assert {"plain", "concise", "step-by-step"} == STANDARD_PROFILES.keys()
    assert 3 == len({profile.hash for profile in STANDARD_PROFILES.values()})
    assert all("{prompt}" in profile.template for profile in STANDARD_PROFILES.values())


def test_a_profile_is_read_from_a_file_and_named_after_it_unless_it_says(tmp_path: Path) -> None:
    path = tmp_path / "careful.yaml"
    path.write_text("system: Take care.\ntemplate: 'Q: {prompt}'\nexamples:\n  - {prompt: 1+1, answer: '2'}\n")
    found = read_profile(path)
    assert ("careful", "Take care.", "Q: {prompt}") == (found.name, found.system, found.template)
    assert [("1+1", "2")] == [(example.prompt, example.answer) for example in found.examples]
    path.write_text("name: other\n")
    assert "other" == read_profile(path).name


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("- a\n", "is not a mapping with name, system, template and examples"),
        ("a: [", "is not YAML"),
        ("template: no place\n", "its template lacks {prompt}"),
        ("name: 'no good'\n", "name: "),
        ("sistem: x\n", "sistem: is not a key of a profile"),
        ("examples: [{prompt: p}]\n", "examples.0.answer: is missing"),
    ],
)
def test_a_wrong_profile_is_refused_by_its_path(tmp_path: Path, content: str, message: str) -> None:
    path = tmp_path / "wrong.yaml"
    path.write_text(content)
    with pytest.raises(ConfigurationError) as caught:
        read_profile(path)
    assert message in caught.value.message
    assert str(path) in caught.value.message
    assert "{prompt}" in str(caught.value.next_step)


def test_the_next_step_for_an_unknown_key_is_to_remove_it(tmp_path: Path) -> None:
    path = tmp_path / "wrong.yaml"
    path.write_text("sistem: x\nexamples: [{prompt: a, answer: b, note: c}]\n")
    with pytest.raises(ConfigurationError) as caught:
        read_profile(path)
    said = (
        "Remove 'note', 'sistem', or write 'system' if that is what you mean; known keys: name, system, template, "
        "examples, "
    )
    assert str(caught.value.next_step).startswith(said)


def test_a_missing_profile_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"cannot read the profile .*: no such file") as caught:
        read_profile(tmp_path / "nowhere.yaml")
    assert f"Check the path; it is read from {Path.cwd()}." == caught.value.next_step
