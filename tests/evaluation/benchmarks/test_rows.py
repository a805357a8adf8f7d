"""One row and its values."""

from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pyarrow import parquet

from evaluation.benchmarks.loading import load_benchmark
from evaluation.benchmarks.rows import Row, plain_json, shown, written
from evaluation.case import Benchmark
from evaluation.errors import BenchmarkError

Write = Callable[[str, Any], Path]


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("a", "a"),
        (3, "3"),
        (3.0, "3"),
        (-0.0, "0"),
        (100.0, "100"),
        (0.1, "0.1"),
        (1e-7, "0.0000001"),
        (True, "true"),
        (False, "false"),
        (Decimal("1.50"), "1.5"),
        (Decimal("12345678901234567890123456789.01234567890"), "12345678901234567890123456789.0123456789"),
        (date(2024, 5, 1), "2024-05-01"),
        (float("inf"), None),
        ([1], None),
        (None, None),
    ],
)
def test_a_value_is_written_as_a_person_writes_it(value: Any, expected: str | None) -> None:
    assert expected == written(value)


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_a_written_number_is_still_that_number(value: float) -> None:
    text = written(value)
    assert text is not None
    assert value == float(text)


def test_plain_json_keeps_what_json_can_hold_and_words_the_rest() -> None:
    value = {"a": [1, None, float("nan")], 2: (Decimal("0.5"), datetime(2024, 5, 1, tzinfo=UTC))}
    assert {"a": [1, None, None], "2": ["0.5", "2024-05-01T00:00:00+00:00"]} == plain_json(value)
    with pytest.raises(TypeError, match="bytes: b'x' is no JSON"):
        plain_json({"a": b"x"})


def test_a_long_value_is_shown_in_a_few_words() -> None:
    assert "text: '" + "x" * 56 + "..." == shown("x" * 100)
    assert "nothing" == shown(None)


def test_a_cell_with_json_nested_without_end_is_refused() -> None:
    row = Row(path="f.csv", number=1, unit="row", values={"choices": "[" * 200_000})
    with pytest.raises(BenchmarkError, match="choices"):
        row.structure("choices", "a list")


def test_a_blank_word_is_missing() -> None:
    row = Row(path="x", number=1, unit="line", values={"cluster": " ", "label": float("nan")})
    assert [None, None, None] == [row.word("cluster"), row.word("label"), row.word("other")]
    assert row.knows("cluster", "label")


def test_dates_and_decimals_of_a_parquet_file_become_text(tmp_path: Path) -> None:
    table = pyarrow.table({"prompt": ["a"], "references": [[date(2024, 5, 1)]], "cluster": [Decimal("2.50")]})
    parquet.write_table(table, tmp_path / "x.parquet")
    (case,) = load_benchmark(tmp_path / "x.parquet").cases
    assert (("2024-05-01",), "2.5") == (case.references, case.cluster)


ROWS: list[dict[str, Any]] = [
    {"question": "a?", "answer": "#### 3"},
    {"task_id": "t", "prompt": "def f():", "canonical_solution": " pass", "test": "x", "entry_point": "f"},
    {"task_id": 1, "text": "a", "code": "b", "test_list": ["assert c"], "test_imports": []},
    {"id": "q", "title": "t", "context": "c", "question": "a?", "answers": {"text": ["c"]}, "is_impossible": False},
    {"question": "a?", "choices": ["b", "c"], "answer": 1, "subject": "s"},
    {"id": "q", "question": "a?", "choices": {"text": ["b", "c"], "label": ["A", "B"]}, "answerKey": "B"},
    {"text": "a", "label": "b"},
    {"document": "a", "summary": "b"},
    {"prompt": "a", "references": ["b"], "context": ["c"], "choices": ["d", "e"], "tags": ["f"], "details": {"g": 1}},
    {"messages": [{"role": "user", "content": "a"}], "references": "b", "cluster": "c"},
]
JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-3, 3) | st.floats() | st.text(max_size=3) | st.sampled_from(["[1]", "{}"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["text", "label", "stem", "choices", "role", "content"]), inner, max_size=3)
    ),
    max_leaves=5,
)


@settings(max_examples=200, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(data=st.data())
def test_whatever_a_field_holds_is_a_whole_benchmark_or_a_helpful_refusal(write: Write, data: st.DataObject) -> None:
    row = data.draw(st.sampled_from(ROWS))
    field = data.draw(st.sampled_from(sorted(row)))
    found = _loaded_or_refused(write("x.jsonl", [row, row | {field: data.draw(JSON)}]))
    if isinstance(found, BenchmarkError):
        assert 2 == found.line
        assert found.expected
    else:
        assert 64 == len(found.version)
        assert 2 == len(found.cases)


def _loaded_or_refused(path: Path) -> Benchmark | BenchmarkError:
    try:
        return load_benchmark(path)
    except BenchmarkError as error:
        return error
