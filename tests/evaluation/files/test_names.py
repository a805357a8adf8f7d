"""Which texts are names, and which of them are the same name?"""

import unicodedata

import pytest

from evaluation.errors import ConfigurationError
from evaluation.files.names import checked_name, name_problem, normal_name


@pytest.mark.parametrize(
    "name", ["llama3.2:3b", "größe", "наука", "東京", "a b", "👩\u200d🔬", "\u0645\u06cc\u200c\u062e"]
)
def test_names_of_every_language_are_names(name: str) -> None:
    assert name_problem(name) is None


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("a\u200bb", "U+200B"),
        ("\ufeffa", "U+FEFF"),
        ("a\u202eb", "U+202E"),
        ("a\u200db", "U+200D"),
        ("a\u00adb", "U+00AD"),
        ("a\nb", "U+000A"),
        ("a\x00", "U+0000"),
        ("a\x1b[2J", "U+001B"),
        ("a\ud800", "U+D800"),
        ("a\u2028b", "U+2028"),
    ],
)
def test_what_nobody_sees_is_no_part_of_a_name(name: str, code: str) -> None:
    assert code in str(name_problem(name))


def test_both_forms_of_a_letter_are_one_name() -> None:
    assert normal_name(unicodedata.normalize("NFD", "café ")) == normal_name(unicodedata.normalize("NFC", " café"))


@pytest.mark.parametrize(("name", "words"), [(" ", "is empty"), ("x" * 201, "201 characters"), ("a\tb", "U\\+0009")])
def test_a_name_that_is_none_is_refused(name: str, words: str) -> None:
    with pytest.raises(ConfigurationError, match=f"the tag {words}|the tag .*{words}"):
        checked_name(name, what="the tag")
