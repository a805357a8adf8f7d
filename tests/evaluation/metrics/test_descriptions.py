from dataclasses import dataclass
from typing import ClassVar

from evaluation.class_docs import docstring, option_docs
from evaluation.metrics import METRICS
from evaluation.metrics.descriptions import FAMILIES, OTHERS, family_of, summary
from evaluation.metrics.metric import Metric
from evaluation.metrics.regex import Regex


@dataclass(frozen=True, kw_only=True)
class Wordless(Metric):
    name: ClassVar[str] = "wordless"
    unit: ClassVar[str] = "fraction"

    n: int = 1
    m: int = 2
    """How many."""

    def measure(self, case, generations, answers):
        return None


@dataclass(frozen=True, kw_only=True)
class Heir(Wordless):
    """Has its own.

    And more.
    """

    k: int = 3
    """Of its own."""


def test_no_name_is_in_two_families_and_ours_are_in_one() -> None:
    listed = [name for names in FAMILIES.values() for name in names]

    assert len(set(listed)) == len(listed)
    assert [] == [name for name in METRICS if family_of(name) == OTHERS]
    assert OTHERS == family_of("politeness")


def test_a_metric_is_listed_under_the_name_of_its_family() -> None:
    expected = {
        "token_f1": "text",
        "instruction_following": "instruction following",
        "accuracy": "classification",
        "pass_at_k": "code",
        "faithfulness": "retrieval-augmented answers",
        "coherence": "quality without references",
        "judge_rubric": "judges",
        "latency_s": "speed and cost",
    }
    assert expected == {name: family_of(name) for name in expected}
    assert list(expected.values()) == list(FAMILIES)


def test_a_class_without_words_has_none_and_its_heir_has_its_own() -> None:
    assert ("", "") == (docstring(Wordless), summary(Wordless))
    assert ("Has its own.\n\nAnd more.", "Has its own.") == (docstring(Heir), summary(Heir))


def test_what_stands_below_an_option_is_told_with_those_of_its_parents() -> None:
    assert {"m": "How many.", "k": "Of its own."} == option_docs(Heir)
    assert option_docs(Regex)["search"].startswith("Search for the pattern anywhere")


def test_a_class_without_source_has_no_words_for_its_options() -> None:
    made: dict[str, type[Metric]] = {}
    exec("class Made(Base):\n    x: int = 1\n    '''Said.'''", {"Base": Wordless, "__name__": "nowhere"}, made)

    assert {"m": "How many."} == option_docs(made["Made"])


def test_every_metric_of_ours_says_in_its_first_line_what_its_value_is() -> None:
    assert [] == [name for name, metric in METRICS.items() if not summary(metric).endswith((".", ":"))]
