"""Is a file of results from elsewhere read in full, or refused with its row, its column and the next step?"""

import gzip
import json
from pathlib import Path

import pandas as pd
import pytest

from evaluation.errors import BenchmarkError
from evaluation.store.scoreboard_imports import list_imports
from evaluation.store.selection_evidence import read_evidence
from evaluation.store.session import Store
from selection.importing import import_scoreboard, read_scoreboard

HEADER = "candidate,task,case_id,prompt,quality"
ROWS = ["a:1b,chat,1,Hello,1", "a:1b,chat,1,Hello,0.5", "b,chat,1,Hello,0", "b,chat,2,Good bye,.25"]


def file(folder: Path, *rows: str, header: str = HEADER, name: str = "pool.csv") -> Path:
    path = folder / name
    path.write_text("\n".join([header, *rows]) + "\n", encoding="utf-8")
    return path


def test_a_table_is_imported_and_is_evidence(store: Store, tmp_path: Path) -> None:
    found = import_scoreboard(store, file(tmp_path, *ROWS))
    assert (True, "pool", ("a:1b", "b"), ("chat",), 2, 4, ()) == (
        found.is_new,
        found.record.name,
        found.record.candidates,
        found.record.tasks,
        found.record.n_cases,
        found.record.n_rows,
        found.notes,
    )
    evidence = read_evidence(store)
    assert [1.0, 0.5, 0.0, 0.25] == evidence.quality.tolist()
    assert ["1", "2"] == [case.case_id for case in evidence.cases]
    assert ["imported:a:1b", "imported:b"] == [one.key for one in evidence.candidates]


def test_the_same_file_twice_is_one_import_whatever_it_is_called(store: Store, tmp_path: Path) -> None:
    first = import_scoreboard(store, file(tmp_path, *ROWS))
    again = import_scoreboard(store, file(tmp_path, *ROWS, name="copy.csv"), name="another")
    assert (False, first.record) == (again.is_new, again.record)
    assert ("this file was imported already, as 'pool'",) == again.notes
    assert 1 == len(list_imports(store))


def test_figures_and_families_are_optional_cell_by_cell(tmp_path: Path) -> None:
    header = f"{HEADER},latency_s,cost_usd,energy_j,memory_gb,family"
    path = file(tmp_path, "a,chat,1,Hi,1,0.5,,12.5,4,doc", "b,chat,2,Ho,1,,0.001,,,", header=header)
    content, ignored = read_scoreboard(path)
    assert () == ignored
    columns = {name: getattr(content, name).tolist() for name in ("latency_s", "cost_usd", "energy_j", "memory_gb")}
    assert ["[0.5, nan]", "[nan, 0.001]", "[12.5, nan]", "[4.0, nan]"] == [str(values) for values in columns.values()]
    assert ["doc", None] == [case.family for case in content.cases]


@pytest.mark.parametrize("name", ["pool.parquet", "pool.csv.gz", "pool.tsv", "pool.jsonl"])
def test_other_forms_hold_the_same(tmp_path: Path, name: str) -> None:
    wanted, _ = read_scoreboard(file(tmp_path, *ROWS))
    table = pd.read_csv(tmp_path / "pool.csv")
    path = tmp_path / name
    match name.partition(".")[2]:
        case "parquet":
            table.to_parquet(path)
        case "csv.gz":
            path.write_bytes(gzip.compress((tmp_path / "pool.csv").read_bytes()))
        case "tsv":
            table.to_csv(path, sep="\t", index=False)
        case _:
            path.write_text("\n".join(json.dumps(row) for row in table.to_dict("records")))

    found, _ = read_scoreboard(path)

    assert (wanted.candidates, wanted.cases) == (found.candidates, found.cases)
    assert wanted.quality.tolist() == found.quality.tolist()
    assert (wanted.candidate.tolist(), wanted.case.tolist()) == (found.candidate.tolist(), found.case.tolist())


@pytest.mark.parametrize(
    ("rows", "words", "next_step"),
    [
        (["a,chat,3,Hi,1.01"], "row 5, field 'quality': is 1.01; expected a number from 0 to 1", "Divide percentages"),
        (["a,chat,3,Hi,-0.1"], "row 5, field 'quality': is -0.1", "Divide percentages"),
        (["a,chat,3,Hi,inf"], "row 5, field 'quality': got text: 'inf'", "nothing was stored"),
        (["a,chat,3,Hi,good"], "row 5, field 'quality': got text: 'good'", "nothing was stored"),
        (["a,chat,3,Hi,"], "row 5, field 'quality': is missing", "nothing was stored"),
        ([",chat,2,Hi,1"], "row 5, field 'candidate': is missing", "nothing was stored"),
        (["a, ,2,Hi,1"], "row 5, field 'task': is missing", "nothing was stored"),
        (["a,chat,,Hi,1"], "row 5, field 'case_id': is missing", "nothing was stored"),
        (["a,chat,2,,1"], "row 5, field 'prompt': is missing", "nothing was stored"),
        (["c,chat,1,Hullo,1"], "row 5, field 'prompt': is another than in row 1", "each question a case_id of its own"),
        (["a,chat,2,Hi,1,7"], "row 5: has 6 cells; expected 5", "quotes"),
        (['a,chat,2,"Hi,1'], "broken CSV", "nothing was stored"),
    ],
)
def test_a_row_that_cannot_be_one_is_named_and_nothing_is_stored(
    store: Store, tmp_path: Path, rows: list[str], words: str, next_step: str
) -> None:
    with pytest.raises(BenchmarkError) as refused:
        import_scoreboard(store, file(tmp_path, *ROWS, *rows))
    assert words in refused.value.message
    assert next_step in str(refused.value.next_step)
    assert "benchmarks validate" not in str(refused.value.next_step)
    assert () == list_imports(store)


BAD_CELLS, NO_OBJECT = "has 6 cells; expected 5", "is not a case"


@pytest.mark.parametrize(
    ("name", "text", "fault"),
    [
        ("pool.csv", f"{HEADER}\na,chat,1,Hi,1,7\n", BAD_CELLS),
        ("pool.csv", f"{HEADER}\na,chat,1,Hi,1\na,chat,2,Hi,1,7\n", BAD_CELLS),
        ("pool.tsv", f"{HEADER}\na,chat,1,Hi,1\na,chat,2,Hi,1,7\n".replace(",", "\t"), BAD_CELLS),
        ("pool.jsonl", "[1, 2]\n", NO_OBJECT),
        ("pool.jsonl", f"{json.dumps(dict(zip(HEADER.split(','), 'achH1', strict=True)))}\n[1, 2]\n", NO_OBJECT),
    ],
)
@pytest.mark.parametrize("ignore", [(), ("details.x",)])
def test_the_fault_of_a_row_is_named_wherever_it_stands(
    tmp_path: Path, name: str, text: str, fault: str, ignore: tuple[str, ...]
) -> None:
    path = tmp_path / name
    path.write_text(text)
    with pytest.raises(BenchmarkError) as refused:
        read_scoreboard(path, ignore=ignore)
    assert fault in refused.value.message


@pytest.mark.parametrize("value", ["-1", "nope", "inf"])
def test_a_figure_that_cannot_be_one_is_named(tmp_path: Path, value: str) -> None:
    path = file(tmp_path, f"a,chat,1,Hi,1,{value}", header=f"{HEADER},latency_s")
    with pytest.raises(BenchmarkError, match=r"row 1, field 'latency_s'.*zero or more"):
        read_scoreboard(path)


def test_a_missing_column_is_named_with_those_that_there_are(tmp_path: Path) -> None:
    with pytest.raises(BenchmarkError, match="lacks the columns prompt, quality; expected candidate, task") as refused:
        read_scoreboard(file(tmp_path, "a,chat,1", header="candidate,task,case_id"))
    assert "first line" in str(refused.value.next_step)


def test_a_column_that_nothing_reads_is_refused_and_a_slip_is_guessed(store: Store, tmp_path: Path) -> None:
    path = file(tmp_path, "a,chat,1,Hi,1,2.5,x", header=f"{HEADER},latency,judge")
    with pytest.raises(
        BenchmarkError, match="row 1: unknown columns 'latency', 'judge'; expected candidate"
    ) as refused:
        import_scoreboard(store, path)
    assert "Did you mean 'latency_s'?" in str(refused.value.next_step)
    assert "--ignore-field latency --ignore-field judge" in str(refused.value.next_step)
    found = import_scoreboard(store, path, ignore=["latency", "judge"])
    assert ("left out: 'judge', 'latency'",) == found.notes


def test_a_later_row_with_another_field_is_refused_too(tmp_path: Path) -> None:
    row = {"candidate": "a", "task": "chat", "case_id": 1, "prompt": "Hi", "quality": 1}
    path = tmp_path / "pool.jsonl"
    path.write_text(json.dumps(row) + "\n" + json.dumps({**row, "case_id": 2, "weight": 3}) + "\n")
    with pytest.raises(BenchmarkError, match="line 2: unknown column 'weight'"):
        read_scoreboard(path)


@pytest.mark.parametrize("quality", ["0_1", "\u0660", "1_0"])
def test_a_number_is_written_as_one(tmp_path: Path, quality: str) -> None:
    with pytest.raises(BenchmarkError, match="field 'quality': got text"):
        read_scoreboard(file(tmp_path, f"a,chat,1,Hi,{quality}"))


def test_names_that_differ_by_their_unicode_form_alone_are_one_candidate(tmp_path: Path) -> None:
    rows = ("caf\u00e9,chat,1,Hi,1", "cafe\u0301,chat,2,Ho,0")
    content, notes = read_scoreboard(file(tmp_path, *rows))
    assert ("caf\u00e9",) == content.candidates
    assert ("'caf\u00e9' (candidate): written in more than one Unicode form, read as one name",) == notes


@pytest.mark.parametrize("field", ["candidate", "task", "case_id"])
@pytest.mark.parametrize("forms", [("caf\u00e9", "cafe\u0301"), ("cafe\u0301", "caf\u00e9")])
def test_answers_whose_names_differ_by_their_unicode_form_alone_are_not_averaged(
    tmp_path: Path, field: str, forms: tuple[str, str]
) -> None:
    given = {"candidate": "a", "task": "chat", "case_id": "1", "prompt": "Hi"}
    pairs = zip(forms, "10", strict=True)
    rows = [",".join({**given, field: form, "quality": quality}.values()) for form, quality in pairs]
    with pytest.raises(BenchmarkError, match=f"row 3, field '{field}': looks like that of row 2") as caught:
        read_scoreboard(file(tmp_path, "b,chat,2,Ho,1", *rows))
    assert "if they are repeats" in str(caught.value.next_step)


def test_repeats_under_one_unicode_form_are_averaged_whichever_it_is(tmp_path: Path) -> None:
    rows = ("cafe\u0301,chat,1,Hi,1", " cafe\u0301 ,chat,1,Hi,0", "caf\u00e9,chat,2,Ho,1")
    content, _ = read_scoreboard(file(tmp_path, *rows))
    assert [1.0, 0.0, 1.0] == content.quality.tolist()


@pytest.mark.parametrize(("candidate", "words"), [("x" * 201, "201 characters"), ("a\u200bb", "U\\+200B")])
def test_a_name_that_nobody_can_read_or_type_is_refused(tmp_path: Path, candidate: str, words: str) -> None:
    with pytest.raises(BenchmarkError, match=f"row 1, field 'candidate': .*{words}"):
        read_scoreboard(file(tmp_path, f"{candidate},chat,1,Hi,1"))


@pytest.mark.parametrize(
    ("name", "text", "words"),
    [
        ("pool.csv", HEADER, "has no rows"),
        ("pool.csv", "", "is empty"),
        ("pool.xlsx", "x", "unknown suffix '.xlsx'"),
        ("pool.json", "[]", "unknown suffix '.json'"),
        ("pool.parquet", "x", "broken Parquet"),
        ("pool.csv.gz", "x", "broken gzip"),
    ],
)
def test_a_file_that_is_no_table_is_refused(tmp_path: Path, name: str, text: str, words: str) -> None:
    path = tmp_path / name
    path.write_text(text)
    with pytest.raises(BenchmarkError, match=words) as refused:
        read_scoreboard(path)
    assert "benchmarks validate" not in str(refused.value.next_step)


def test_a_file_that_is_not_there_is_said(tmp_path: Path) -> None:
    with pytest.raises(BenchmarkError, match="no such file"):
        read_scoreboard(tmp_path / "nothing.csv")


def test_a_benchmarks_header_is_refused_for_nothing_would_read_it(tmp_path: Path) -> None:
    row = {"candidate": "a", "task": "t", "case_id": "1", "prompt": "p", "quality": 1}
    path = tmp_path / "pool.jsonl"
    path.write_text("\n".join(json.dumps(line) for line in ({"benchmark": {"criteria": "short"}}, row)))
    with pytest.raises(BenchmarkError) as caught:
        read_scoreboard(path)
    assert (1, "begins with a benchmark's header, which an import does not read") == (
        caught.value.line,
        caught.value.problem,
    )
