"""A file without a class names no metric: the classes that it may mean are named, and none of its code is run."""

from dataclasses import dataclass
from importlib.metadata import EntryPoint, EntryPoints
from pathlib import Path
from typing import Any, ClassVar, Literal

import pytest

from evaluation.errors import ConfigurationError, UnknownNameError
from evaluation.metrics import METRICS, third_party
from evaluation.metrics.metric import Metric
from evaluation.metrics.numeric_match import NumericMatch
from evaluation.metrics.parsing import available_metrics, class_named, metric_of, metric_options, parse_metric
from evaluation.metrics.regex import Regex
from evaluation.scores import Measurement

TWO = """
raise AssertionError("it ran")
class Helper: pass
class Even(Metric): pass
class Odd(metric.CorpusMetric): pass
"""


def refusal(text: str) -> ConfigurationError:
    with pytest.raises(ConfigurationError) as caught:
        parse_metric(text)
    with pytest.raises(ConfigurationError) as shown:
        class_named(text)
    assert caught.value.message == shown.value.message
    return caught.value


def test_the_metric_classes_of_the_file_are_named_and_the_form_that_names_one(tmp_path: Path) -> None:
    path = tmp_path / "good.py"
    path.write_text(TWO)

    for text in (str(path), f"{path}:"):
        error = refusal(text)
        assert f"metric {text!r} names a file without a class; classes in it: Even, Odd" == error.message
        assert f"Write {path}:Even, or another of them after the colon." == error.next_step


def test_where_none_looks_like_a_metric_all_classes_are_named(tmp_path: Path) -> None:
    path = tmp_path / "good.py"
    path.write_text("class Mine(Base): pass\n")

    assert refusal(str(path)).message.endswith("classes in it: Mine")
    assert f"Write {path}:Mine." == refusal(str(path)).next_step


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("x = 1\n", "and the file has none"),
        ("class (", "and the file cannot be read: invalid syntax"),
        (None, "and the file cannot be read: no such file"),
    ],
)
def test_a_file_without_a_class_or_that_cannot_be_read_says_so(tmp_path: Path, source: str | None, said: str) -> None:
    path = tmp_path / "bad.py"
    if source is not None:
        path.write_text(source)

    assert said in refusal(str(path)).message
    assert "path.py:Name" in str(refusal(str(path)).next_step)


def test_a_benchmark_that_names_a_file_has_it_not_even_read(tmp_path: Path) -> None:
    path = tmp_path / "good.py"
    path.write_text(TWO)

    with pytest.raises(ConfigurationError) as caught:
        parse_metric(str(path), may_name_a_file=False)
    assert "Even" not in caught.value.message


def test_a_metric_without_a_name_is_told_so() -> None:
    with pytest.raises(ConfigurationError, match="it has no name"):
        parse_metric(" ")


@dataclass(frozen=True, kw_only=True)
class Politeness(Metric):
    """A metric of another package."""

    name: ClassVar[str] = "politeness"
    unit: ClassVar[str] = "fraction"

    words: tuple[str, ...]
    style: Literal["warm", "cool"] = "warm"
    extra: Any = None

    def measure(self, case, generations, answers):
        return Measurement(value=float(generations[0].answer in self.words))


NOT_A_METRIC = "just a text"


@pytest.fixture
def offered(monkeypatch):
    """Makes entry points appear: `offered(name=value)`; a list of values makes several of one name."""

    def offer(**values: str | list[str]) -> None:
        offers = [
            EntryPoint(name=name, value=value, group=third_party.GROUP)
            for name, given in values.items()
            for value in ([given] if isinstance(given, str) else given)
        ]
        monkeypatch.setattr(third_party, "entry_points", lambda **wanted: EntryPoints(offers).select(**wanted))

    return offer


@pytest.fixture
def politeness(offered, monkeypatch):
    monkeypatch.setattr(EntryPoint, "load", lambda self: globals()[self.attr])
    offered(politeness="their_package:Politeness")


@pytest.mark.parametrize("name", list(METRICS))
def test_every_metric_can_be_named_without_options(name):
    assert METRICS[name]() == parse_metric(f" {name} ")
    assert parse_metric(name) == parse_metric(f"{name}()")


def test_options_are_given_as_literals():
    assert Regex(pattern="^yes", ignore_case=True) == parse_metric("regex(pattern='^yes', ignore_case=True)")


def test_a_whole_number_will_do_for_a_fraction_and_has_the_same_signature():
    assert NumericMatch(tolerance=1.0).signature == parse_metric("numeric_match(tolerance=1)").signature
    assert parse_metric("cost_usd(per_kwh=1.0)").signature == parse_metric("cost_usd(per_kwh=1)").signature


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("regex(patern='x')", "no option 'patern'"),
        ("regex(pattern=3)", "pattern=3 is a int, not a str | None"),
        ("regex(ignore_case=1)", "ignore_case=1 is a int, not a bool"),
        ("numeric_match(tolerance=True)", "tolerance=True is a bool, not a float"),
        ("numeric_match(tolerance=-1)", "at least 0"),
        ("regex('x')", "cannot parse"),
        ("regex(**{'pattern': 'x'})", "each option must be named"),
        ("regex(pattern=open('x'))", "cannot parse"),
        ("regex(pattern='x', pattern='y')", "only once"),
        ("regex(", "cannot parse"),
        ("", "cannot parse"),
        ("os.system()", "cannot parse"),
        ("(" * 5000, "cannot parse"),
    ],
)
def test_what_cannot_be_meant_is_refused_with_its_reason(text, said):
    with pytest.raises(ConfigurationError) as caught:
        parse_metric(text)
    assert said in caught.value.message


def test_an_unknown_option_is_answered_with_those_that_exist():
    with pytest.raises(ConfigurationError) as caught:
        parse_metric("regex(flags=2)")
    assert "Its options: pattern: str | None = None, ignore_case: bool = False, search: bool = True." == (
        caught.value.next_step
    )
    with pytest.raises(ConfigurationError) as caught:
        parse_metric("token_f1(stem=True)")
    assert "token_f1 has no options." == caught.value.next_step


def test_an_unknown_name_is_answered_with_those_that_exist():
    with pytest.raises(UnknownNameError, match="did you mean 'token_f1'"):
        parse_metric("tokn_f1")


def test_options_are_described_in_words():
    assert {"tolerance": "float = 0.0", "decimal_comma": "bool = False"} == metric_options(NumericMatch)
    assert {"words": "tuple[str, ...]", "style": "Literal['warm', 'cool'] = 'warm'", "extra": "Any = None"} == (
        metric_options(Politeness)
    )


@pytest.mark.usefixtures("politeness")
def test_a_metric_of_another_package_can_be_named_with_its_options():
    assert Politeness(words=("please",), style="cool", extra=3) == (
        parse_metric("politeness(words=('please',), style='cool', extra=3)")
    )
    assert "politeness" in available_metrics()
    assert list(METRICS) == list(available_metrics())[:-1]


@pytest.mark.usefixtures("politeness")
@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("politeness", "needs the option 'words'"),
        ("politeness(words=('x', 1))", "words=('x', 1) is a tuple"),
        ("politeness(words=('x',), style='hot')", "style='hot'"),
    ],
)
def test_its_options_are_checked_like_ours(text, said):
    with pytest.raises(ConfigurationError) as caught:
        parse_metric(text)
    assert said in caught.value.message


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("politeness", "no_such_package_at_all:Politeness", "cannot be loaded: ModuleNotFoundError"),
        ("politeness", "evaluation.metrics.metric:Metric", "not a concrete class"),
        ("politeness", "evaluation.metrics.metric:Answers", "not a concrete class"),
        ("politeness", "evaluation.metrics.regex:Regex", "calls itself 'regex'"),
    ],
)
def test_a_broken_offer_names_the_package_and_the_fault(offered, name, value, said):
    offered(**{name: value})
    with pytest.raises(ConfigurationError, match=said):
        parse_metric(name)


def test_two_offers_of_one_name_are_refused(offered):
    offered(politeness=["one:Politeness", "two:Politeness"])
    with pytest.raises(ConfigurationError, match="offered by 2 packages"):
        parse_metric("politeness")


def test_a_broken_offer_does_not_touch_our_own_metrics(offered):
    offered(regex="no_such_package_at_all:Regex", politeness="no_such_package_at_all:Politeness")
    assert Regex() == parse_metric("regex")
    with pytest.raises(UnknownNameError, match="politeness"):
        parse_metric("politness")


def test_a_metric_is_found_again_by_its_stored_signature() -> None:
    metric = parse_metric("regex(pattern='^(yes|v2)', ignore_case=True)")

    assert metric == metric_of("regex", metric.signature)


@pytest.mark.parametrize("text", ["bleu", "chrf(word_order=2)", "ter", "regex(pattern='a|v2|version')"])
def test_a_metric_whose_signature_goes_on_after_its_version_is_found_by_it(text):
    metric = parse_metric(text)
    assert metric == metric_of(metric.name, metric.signature)
    assert metric_of(metric.name, metric.signature.replace("|v1", "|v999")) is None
    assert metric_of(metric.name, metric.signature + "0") is None


@pytest.mark.parametrize("signature", ["Regex(pattern='x')|v999", "Regex(gone=1)|v1", "Regex|v1", ""])
def test_a_metric_that_is_not_to_be_had_as_it_was_is_none(signature: str) -> None:
    assert metric_of("regex", signature) is None
