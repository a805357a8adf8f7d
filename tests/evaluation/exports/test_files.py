"""Rows as files: the same values come back, nothing is a formula, and a broken write leaves nothing behind."""

import csv
import io
import json
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import UnionType
from typing import Any, get_args, get_type_hints

import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from evaluation.errors import ConfigurationError
from evaluation.escaping import for_spreadsheet
from evaluation.exports.files import write_file, write_rows
from evaluation.exports.writers import Format
from evaluation.stats.pair_comparison import PairComparison

NOON = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
COLUMNS = ("case_id", "answer", "exact_match", "repeat", "cold", "started_at", "total_s")
ROWS: list[dict[str, Any]] = [
    {"case_id": "a", "answer": "=1+1", "exact_match": 0.1 + 0.2, "repeat": 0, "cold": True, "started_at": NOON},
    {"case_id": "b\n2", "answer": 'said "no", twice', "exact_match": None, "repeat": 1, "cold": False, "total_s": 1.5},
]


def as_bytes(form: Format, rows: list[dict[str, Any]] = ROWS, columns: tuple[str, ...] = COLUMNS) -> bytes:
    file = io.BytesIO()
    assert len(rows) == write_rows(file, columns, rows, form, metrics=("exact_match",))
    return file.getvalue()


def test_csv_keeps_every_digit_and_defuses_formulas() -> None:
    lines = list(csv.reader(io.StringIO(as_bytes(Format.CSV).decode())))

    assert list(COLUMNS) == lines[0]
    assert ["a", "'=1+1", repr(0.1 + 0.2), "0", "true", "2026-11-21T12:00:00+00:00", ""] == lines[1]
    assert ["b\n2", 'said "no", twice', "", "1", "false", "", "1.5"] == lines[2]


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\n", "\uff1d", "\uff0b", " =", "  @"])
def test_no_text_is_a_formula_to_a_spreadsheet(start: str) -> None:
    ((cell,),) = list(
        csv.reader(io.StringIO(as_bytes(Format.CSV, [{"answer": f"{start}cmd()"}], ("answer",)).decode()))
    )[1:]

    assert cell.startswith("'")


def test_a_columns_name_is_no_formula_either() -> None:
    written = as_bytes(Format.CSV, [], ("=HYPERLINK(1)",)).decode()

    assert "'=HYPERLINK(1)\n" == written


def test_json_is_one_array_with_nulls_for_what_is_not_known() -> None:
    first, second = json.loads(as_bytes(Format.JSON))

    assert (0.1 + 0.2, "=1+1", True, None) == (
        first["exact_match"],
        first["answer"],
        first["cold"],
        first["total_s"],
    )
    assert (None, None, 1.5) == (second["exact_match"], second["started_at"], second["total_s"])
    assert [] == json.loads(as_bytes(Format.JSON, []))


def test_parquet_has_the_types_of_its_columns_whatever_the_rows_hold() -> None:
    table = pq.read_table(io.BytesIO(as_bytes(Format.PARQUET)))
    empty = pq.read_table(io.BytesIO(as_bytes(Format.PARQUET, [])))

    assert table.schema == empty.schema
    assert ["string", "string", "double", "int64", "bool", "timestamp[us, tz=UTC]", "double"] == [
        str(field.type) for field in table.schema
    ]
    assert [0.1 + 0.2, None] == table["exact_match"].to_pylist()
    assert [NOON, None] == table["started_at"].to_pylist()


@given(st.lists(st.one_of(st.none(), st.text(alphabet=st.characters())), max_size=5))
def test_whatever_a_model_wrote_every_form_can_be_written_and_read(texts: list[str | None]) -> None:
    rows = [{"answer": text} for text in texts]

    assert len(texts) == len(json.loads(as_bytes(Format.JSON, rows, ("answer",))))
    assert len(texts) == pq.read_table(io.BytesIO(as_bytes(Format.PARQUET, rows, ("answer",)))).num_rows
    read = list(csv.reader(io.StringIO(as_bytes(Format.CSV, rows, ("answer",)).decode(), newline="")))
    assert len(texts) + 1 == len(read)


def test_a_file_that_exists_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("mine")

    with pytest.raises(ConfigurationError, match="exists already"):
        write_file(path, COLUMNS, ROWS, Format.CSV)

    assert "mine" == path.read_text()


def test_a_folder_that_does_not_exist_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"cannot write .*no-such"):
        write_file(tmp_path / "no-such" / "a.csv", COLUMNS, ROWS, Format.CSV)


@pytest.mark.parametrize("name", ["x" * 300 + ".csv", "x" * 5_000 + "/a.csv"])
def test_a_name_that_no_file_can_have_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(ConfigurationError, match=r"cannot write .*: File name too long"):
        write_file(tmp_path / name, COLUMNS, ROWS, Format.CSV, metrics=("exact_match",))


def test_what_breaks_in_the_middle_leaves_nothing_behind(tmp_path: Path) -> None:
    def broken() -> Iterator[dict[str, Any]]:
        yield ROWS[0]
        raise RuntimeError("the store is away")

    for form in Format:
        with pytest.raises(RuntimeError):
            write_file(tmp_path / f"a.{form}", COLUMNS, broken(), form, metrics=("exact_match",))

    assert [] == list(tmp_path.iterdir())


def test_a_written_file_is_whole(tmp_path: Path) -> None:
    path = tmp_path / "a.parquet"

    assert 2 == write_file(path, COLUMNS, ROWS, Format.PARQUET, metrics=("exact_match",))

    assert 2 == pq.read_table(path).num_rows
    assert [path] == list(tmp_path.iterdir())


def test_every_field_of_a_pair_has_the_type_of_its_values() -> None:
    numbers = {
        name: kind for name, kind in get_type_hints(PairComparison).items() if {int, float, bool} & set(_kinds(kind))
    }
    schema = pq.read_schema(io.BytesIO(as_bytes(Format.PARQUET, [], tuple(numbers))))

    assert {name: _parquet_type(kind) for name, kind in numbers.items()} == {
        field.name: str(field.type) for field in schema
    }


def _kinds(kind: Any) -> tuple[Any, ...]:
    return get_args(kind) if isinstance(kind, UnionType) else (kind,)


def _parquet_type(kind: Any) -> str:
    return next(word for one, word in ((bool, "bool"), (float, "double"), (int, "int64")) if one in _kinds(kind))


def test_every_value_comes_back_from_parquet_where_some_are_missing() -> None:
    numbers = [*range(-3, 20), 2**63 - 1]
    rows = [{"answer": f"ä{n}" * (n % 3), "total_s": n / 3, "repeat": n, "cold": n % 2 == 0} for n in numbers]
    rows = [{} if n % 5 == 0 else row | {"started_at": NOON + timedelta(microseconds=n)} for n, row in enumerate(rows)]
    read = pq.read_table(io.BytesIO(as_bytes(Format.PARQUET, rows)))

    read.validate(full=True)
    assert [{name: row.get(name) for name in COLUMNS} for row in rows] == read.to_pylist()


def test_long_texts_make_small_groups_of_parquet() -> None:
    file = io.BytesIO()
    rows = ({"answer": "a" * 2**20} for _ in range(1000))
    write_rows(file, ("answer",), rows, Format.PARQUET)

    assert 2 == pq.ParquetFile(file).num_row_groups


def test_a_value_of_another_type_is_no_number_of_parquet() -> None:
    with pytest.raises(TypeError):
        as_bytes(Format.PARQUET, [{"repeat": 1.5}])


def test_parquet_is_written_without_pandas() -> None:
    program = (
        "import io, sys; from evaluation.exports.files import write_rows; "
        "from evaluation.exports.writers import Format;"
        "write_rows(io.BytesIO(), ('answer', 'total_s', 'cold'), [{'answer': 'a', 'total_s': 1.5, 'cold': True}, {}],"
        "Format.PARQUET); sys.exit('pandas' in sys.modules)"
    )
    subprocess.run([sys.executable, "-c", program], check=True)


@given(st.lists(st.lists(st.text() | st.none() | st.floats() | st.booleans(), min_size=2, max_size=2), max_size=5))
def test_lines_of_csv_are_those_of_pythons_writer(rows: list[list[Any]]) -> None:
    file = io.StringIO()
    shown = [[for_spreadsheet(cell) if isinstance(cell, str) else cell for cell in row] for row in rows]
    shown = [[str(cell).lower() if isinstance(cell, bool) else cell for cell in row] for row in shown]
    csv.writer(file, lineterminator="\n").writerows([["a", "b"], *shown])

    written = as_bytes(Format.CSV, [dict(zip("ab", row, strict=True)) for row in rows], ("a", "b"))
    assert file.getvalue().encode("utf-8", "replace") == written


def test_what_is_neither_text_nor_a_number_stands_as_json() -> None:
    rows = [{"also": {"mid_p": 0.25}, "notes": ["=a"]}]
    read = next(csv.DictReader(io.StringIO(as_bytes(Format.CSV, rows, ("also", "notes")).decode())))
    table = pq.read_table(io.BytesIO(as_bytes(Format.PARQUET, rows, ("also", "notes")))).to_pylist()

    assert {"also": '{"mid_p": 0.25}', "notes": '["=a"]'} == read == table[0]
    assert rows == json.loads(as_bytes(Format.JSON, rows, ("also", "notes")))
