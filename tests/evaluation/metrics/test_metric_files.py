"""Metrics from a user's own file: what is taken, what is refused with which words, and what identifies them."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evaluation.case import Case
from evaluation.errors import ConfigurationError, UnknownNameError
from evaluation.generation import Generation
from evaluation.metric_specs import file_and_call, names_a_file, with_whole_path
from evaluation.metrics.guarded_calls import measured
from evaluation.metrics.parsing import class_named, metric_of, parse_metric
from evaluation.scores import Measurement

HEAD = """
from dataclasses import dataclass
from typing import ClassVar

from evaluation.metrics.metric import CorpusMetric, Metric, Need
from evaluation.scores import Measurement
"""
POLITE = (
    HEAD
    + '''

@dataclass(frozen=True, kw_only=True)
class Politeness(Metric):
    """Whether the answer says the word often enough."""

    name: ClassVar[str] = "politeness"
    unit: ClassVar[str] = "fraction"

    word: str = "please"
    threshold: int = 1

    def measure(self, case, generations, answers):
        (generation,) = generations
        return Measurement(value=float(generation.answer.count(self.word) >= self.threshold))
'''
)
Write = Callable[..., Path]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Writes a file of metrics."""

    def written(source: str, name: str = "own.py") -> Path:
        path = tmp_path / name
        path.write_text(source, encoding="utf-8")
        return path

    return written


def test_a_class_in_a_file_is_a_metric_with_options(write: Write) -> None:
    metric = parse_metric(f"{write(POLITE)}:Politeness(threshold=2)")

    case = Case(case_id="a")
    found = [measured(metric, case, (Generation(text=text, answer=text),), {}) for text in ("please", "please please")]
    assert [0.0, 1.0] == [getattr(said, "value", None) for said in found]
    assert "politeness" == metric.name
    assert metric.signature.startswith("Politeness(word='please', threshold=2)|v1+file:")


def test_two_versions_of_a_file_never_have_the_same_signature(write: Write) -> None:
    before = parse_metric(f"{write(POLITE)}:Politeness")
    after = parse_metric(f"{write(POLITE.replace('>=', '> '))}:Politeness")

    assert before.signature != after.signature
    assert type(before) is not type(after)


def test_the_same_file_elsewhere_has_the_same_signature(write: Write) -> None:
    one, other = (parse_metric(f"{write(POLITE, name)}:Politeness") for name in ("one.py", "other.py"))

    assert one.signature == other.signature


def test_no_compiled_file_is_left_beside_the_users(write: Write) -> None:
    path = write(POLITE)
    parse_metric(f"{path}:Politeness")

    assert ["own.py"] == [found.name for found in path.parent.iterdir()]


def test_its_text_names_the_same_from_any_working_directory(write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write(POLITE)
    monkeypatch.chdir(path.parent)
    metric = parse_metric("own.py:Politeness(threshold=3)")
    monkeypatch.chdir(os.sep)

    assert metric == parse_metric(metric.text)
    assert metric.signature == parse_metric(metric.text).signature
    assert f"{path}:Politeness(word='please', threshold=3)" == metric.text


def test_another_process_makes_the_same_signature_from_its_text(write: Write) -> None:
    metric = parse_metric(f"{write(POLITE)}:Politeness(word='thanks')")
    program = f"from evaluation.metrics.parsing import parse_metric; print(parse_metric({metric.text!r}).signature)"

    said = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout.strip()

    assert metric.signature == said


def test_it_is_found_by_its_signature_only_where_that_very_file_was_loaded(write: Write) -> None:
    metric = parse_metric(f"{write(POLITE)}:Politeness(threshold=4)")

    assert metric == metric_of("politeness", metric.signature)
    assert metric_of("politeness", metric.signature.replace("+file:", "+file:0")) is None


def test_what_reports_must_know_stands_in_the_signature(write: Write) -> None:
    source = POLITE.replace('"fraction"\n', '"fraction"\n    higher_is_better: ClassVar[bool] = False\n')
    corpus = POLITE.replace("(Metric)", "(CorpusMetric)") + "\n    def aggregate(self, rows):\n        return 0.5\n"

    assert parse_metric(f"{write(source)}:Politeness").scorer_version.endswith("+lower")
    assert parse_metric(f"{write(corpus)}:Politeness").scorer_version.endswith("+corpus")


def test_a_class_that_derives_from_another_of_the_file_has_a_mark_of_its_own(write: Write) -> None:
    child = """

@dataclass(frozen=True, kw_only=True)
class Rudeness(Politeness):
    name: ClassVar[str] = "rudeness"
    higher_is_better: ClassVar[bool] = False
"""
    path = write(POLITE + child)
    parent, derived = parse_metric(f"{path}:Politeness"), parse_metric(f"{path}:Rudeness")

    assert f"{parent.scorer_version}+lower" == derived.scorer_version


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("def broken(:", r"own.py', line 1 does not run: SyntaxError"),
        ("\nimport no_such_package_at_all", r"own.py', line 2 does not run: ModuleNotFoundError"),
        ("\n\nraise SystemExit(3)", r"own.py', line 3 does not run: SystemExit: 3"),
        ("x = 1", "unknown metric class"),
        (POLITE.replace("(Metric)", ""), r"Politeness \(.*own.py, line 10\) does not derive from Metric"),
        (POLITE.replace("def measure", "def misure"), "lacks measure"),
        (POLITE.replace("@dataclass(frozen=True, kw_only=True)", ""), "is not a frozen dataclass"),
        (POLITE.replace("frozen=True, ", ""), "cannot inherit non-frozen dataclass"),
        (POLITE.replace(", kw_only=True", ""), "takes word, threshold by position: kw_only=True is missing"),
        (POLITE.replace('    name: ClassVar[str] = "politeness"\n', ""), "has name = None; it must be a str"),
        (POLITE.replace('"politeness"', '"po-lite"'), "has the name 'po-lite'; it must be a valid"),
        (POLITE.replace('"politeness"', '"token_f1"'), "cannot be named 'token_f1': another metric has that name"),
        (POLITE.replace('"fraction"', "3"), "has unit = 3; it must be a str"),
        (
            POLITE.replace('"fraction"\n', '"fraction"\n    value_range: ClassVar[tuple[float, float]] = (1, 0)\n'),
            r"has value_range = \(1, 0\); it must be a pair",
        ),
        (POLITE.replace('"fraction"\n', '"fraction"\n    needs = {"references"}\n'), "must be a frozenset of Need"),
        (POLITE + "\n    @property\n    def signature(self):\n        return 'x'\n", "overrides `signature`"),
        (POLITE.replace("word: str", "word: 'NoSuchName'"), "has an annotation that cannot be read: NameError"),
    ],
)
def test_a_file_that_cannot_be_used_is_named_with_line_class_and_fault(write: Write, source: str, said: str) -> None:
    path = write(source)
    with pytest.raises(ConfigurationError, match=said) as caught:
        parse_metric(f"{path}:Politeness")
    assert "own.py" in caught.value.message
    assert caught.value.next_step


def test_an_unknown_class_is_answered_with_those_of_the_file(write: Write) -> None:
    with pytest.raises(UnknownNameError, match="did you mean 'Politeness'"):
        parse_metric(f"{write(POLITE)}:Polite")


@pytest.mark.parametrize("path", ["/nowhere/own.py", "~nobody-of-that-name/own.py", "/own\x00.py"])
def test_a_file_that_is_not_there_is_named(path: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        parse_metric(f"{path}:Politeness")
    assert f"cannot read the metric file {path!r}: " in caught.value.message


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ("(treshold=2)", "no option 'treshold'"),
        ("(threshold='2')", "threshold='2' is a str, not a int"),
        ("(2)", "expected NAME or NAME"),
    ],
)
def test_its_options_are_checked_like_ours(write: Write, options: str, said: str) -> None:
    with pytest.raises(ConfigurationError, match=said):
        parse_metric(f"{write(POLITE)}:Politeness{options}")


def test_a_class_that_refuses_its_options_is_one_message(write: Write) -> None:
    checks = POLITE + "\n    def __post_init__(self):\n        1 / self.threshold\n"
    with pytest.raises(ConfigurationError, match=r"refuses {'threshold': 0}: ZeroDivisionError"):
        parse_metric(f"{write(checks)}:Politeness(threshold=0)")


def test_a_file_that_does_not_run_can_be_mended_and_loaded_again(write: Write) -> None:
    path = write("raise ValueError('not yet')")
    with pytest.raises(ConfigurationError, match="not yet"):
        parse_metric(f"{path}:Politeness")
    write(POLITE)

    assert "politeness" == parse_metric(f"{path}:Politeness").name


def test_a_benchmark_may_not_name_one(write: Write) -> None:
    path = write("raise AssertionError('it ran')")
    with pytest.raises(ConfigurationError, match="a benchmark may not load code"):
        parse_metric(f"{path}:Politeness", may_name_a_file=False)
    assert "exact_match" == parse_metric("exact_match", may_name_a_file=False).name


@pytest.mark.parametrize(
    "text", ["exact_match", "regex(pattern='a.py:Name')", "regex(pattern='a.py:Name(b)')", "a.py", "", "x" * 5000]
)
def test_what_names_no_file_is_left_as_it_is(text: str) -> None:
    assert not names_a_file(text)
    assert file_and_call(text) is None
    assert text == with_whole_path(text)


@pytest.mark.parametrize(
    ("text", "path", "call"),
    [
        ("m.py:Name", "m.py", "Name"),
        (" ./my metrics/m.py:Name(x=1) ", "./my metrics/m.py", "Name(x=1)"),
        ("/a/b.py:Name(x='c.py:D(1)')", "/a/b.py", "Name(x='c.py:D(1)')"),
        ("./m(1).py:Name", "./m(1).py", "Name"),
    ],
)
def test_path_and_class_are_told_apart(text: str, path: str, call: str) -> None:
    assert (Path(path), call) == file_and_call(text)


def test_a_path_leads_from_the_folder_that_is_given(tmp_path: Path) -> None:
    assert f"{tmp_path.resolve()}/m.py:Name(x=1)" == with_whole_path("m.py:Name(x=1)", folder=tmp_path)
    assert with_whole_path("m.py:Name") == with_whole_path("./m.py:Name")


def test_the_class_can_be_had_without_the_options_that_it_must_have(write: Write) -> None:
    path = write(POLITE.replace("word: str = ", "word: str  # "))

    assert "politeness" == class_named(f"{path}:Politeness").name
    with pytest.raises(ConfigurationError, match="needs the option 'word'"):
        parse_metric(f"{path}:Politeness")


@given(st.text(max_size=200))
def test_no_text_is_taken_for_a_file_by_its_look_alone(text: str) -> None:
    assert (file_and_call(text) is None) or names_a_file(text)


def test_the_example_of_the_documentation_is_a_metric(write: Write) -> None:
    page = (Path(__file__).parents[3] / "docs" / "metrics.md").read_text(encoding="utf-8")
    example = page.partition("## Custom")[2].partition("```python\n")[2].partition("```")[0]
    metric = parse_metric(f"{write(example)}:Politeness(threshold=2)")

    said = [measured(metric, Case(case_id="a"), (Generation(text=text, answer=text),), {}) for text in ("please", "")]
    assert Measurement(value=0.0) == said[0]
    assert "nothing_said" == getattr(said[1], "kind", None)
