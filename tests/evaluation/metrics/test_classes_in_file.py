"""A file without a class names no metric: the classes that it may mean are named, and none of its code is run."""

from pathlib import Path

import pytest

from evaluation.errors import ConfigurationError
from evaluation.metrics.parsing import class_named, parse_metric

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
        (None, "and the file cannot be read: No such file or directory"),
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
