"""Loading a benchmark by suite name or path, in every file format."""

import gzip
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow
import pytest
from pyarrow import parquet

from evaluation.benchmarks.loading import equal_contents, load_benchmark, recognised_line
from evaluation.benchmarks.suites import load_suite, standard_suites
from evaluation.case import Case
from evaluation.errors import ConfigurationError, UnknownNameError

Write = Callable[[str, Any], Path]
ROWS = [
    {"case_id": "a", "prompt": "2 + 1?", "references": ["3", "three"], "cluster": "sums", "tags": ["easy"]},
    {"case_id": "b", "prompt": "Grün?\u2028Ja", "references": ["ja"], "cluster": "words", "tags": ["easy"]},
]
CASES = (
    Case(case_id="a", prompt="2 + 1?", references=("3", "three"), cluster="sums", tags=("easy",)),
    Case(case_id="b", prompt="Grün?\u2028Ja", references=("ja",), cluster="words", tags=("easy",)),
)
CSV = (
    "case_id,prompt,references,cluster,tags\n"
    'a,2 + 1?,"[""3"", ""three""]",sums,easy\n'
    'b,Grün?\u2028Ja,ja,words,"[""easy""]"\n'
)
YAML = "cases:\n" + "".join(f"- {json.dumps(row)}\n" for row in ROWS)


@pytest.mark.parametrize("suffix", ["", ".gz"])
@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("cases.jsonl", ROWS),
        ("cases.ndjson", ROWS),
        ("cases.json", json.dumps(ROWS)),
        ("cases.json", {"cases": ROWS}),
        ("cases.yaml", YAML),
        ("cases.yml", YAML.removeprefix("cases:\n")),
        ("cases.csv", CSV),
        ("cases.tsv", CSV.replace(", ", "\0").replace(",", "\t").replace("\0", ", ")),
    ],
)
def test_one_set_of_cases_is_the_same_in_every_format(write: Write, name: str, content: Any, suffix: str) -> None:
    benchmark = load_benchmark(write(name + suffix, content))
    assert CASES == benchmark.cases
    assert "cases" == benchmark.name
    assert "plain" == benchmark.format


@pytest.mark.parametrize("suffix", ["", ".gz"])
def test_parquet_holds_lists_as_lists_and_nulls_as_missing(tmp_path: Path, suffix: str) -> None:
    table = pyarrow.table(
        {
            "prompt": ["a?", "b?", "c?", "d?"],
            "references": [["1", "one"], ["2"], [], None],
            "cluster": [1.0, float("nan"), 2.5, None],
        }
    )
    path = tmp_path / "cases.parquet"
    parquet.write_table(table, path)
    if suffix:
        path = tmp_path / "cases.parquet.gz"
        path.write_bytes(gzip.compress((tmp_path / "cases.parquet").read_bytes()))
    cases = load_benchmark(path).cases
    assert [("1", "one"), ("2",), (), ()] == [case.references for case in cases]
    assert ["1", None, "2.5", None] == [case.cluster for case in cases]
    assert ["1", "2", "3", "4"] == [case.case_id for case in cases]


def test_a_header_line_sets_everything_a_format_would(write: Write) -> None:
    header = {
        "name": "sums",
        "task_type": "reasoning",
        "prompt": {"system": "Be brief.", "template": "Q: {prompt}"},
        "options": {"num_predict": 96, "stop": ["\n"]},
        "metrics": ["regex(pattern='^y')", "token_f1"],
        "headline": "regex",
        "criteria": "Right.",
        "description": "Small.",
        "licence": "MIT",
    }
    benchmark = load_benchmark(write("x.jsonl", [{"benchmark": header}, *ROWS]))
    assert CASES == benchmark.cases
    assert ("sums", "reasoning", "regex") == (benchmark.name, benchmark.task_type, benchmark.headline)
    assert ("Be brief.", "Q: {prompt}") == (benchmark.prompt.system, benchmark.prompt.template)
    assert {"num_predict": 96, "stop": ["\n"]} == benchmark.options
    assert ("regex(pattern='^y')", "token_f1") == benchmark.metrics
    assert ("Right.", "Small.", "MIT") == (benchmark.criteria, benchmark.description, benchmark.licence)
    assert "sums: 2 cases, read as plain cases (reasoning); metrics regex(pattern='^y') (headline), token_f1" == (
        recognised_line(benchmark)
    )


def test_the_first_metric_of_a_header_leads_where_the_formats_own_is_not_among_them(write: Write) -> None:
    path = write("x.jsonl", [{"benchmark": {"metrics": ["bleu", "chrf"]}}, *ROWS])
    assert "bleu" == load_benchmark(path).headline


def test_a_header_does_not_shift_the_numbers_that_stand_for_missing_ids(write: Write) -> None:
    path = write("x.jsonl", '{"benchmark": {}}\n\n{"prompt": "a"}\n\n{"prompt": "b"}\n')
    assert ["1", "2"] == [case.case_id for case in load_benchmark(path).cases]


def test_a_small_yaml_wraps_a_data_file_and_goes_before_its_header(write: Write) -> None:
    write("rows.jsonl", [{"benchmark": {"name": "inner", "licence": "MIT"}}, {"q": "a?", "a": 3}])
    path = write("mine.yaml", "name: outer\ndata: rows.jsonl\nfields: {prompt: q, references: a}\n")
    benchmark = load_benchmark(path)
    assert ("outer", "MIT") == (benchmark.name, benchmark.licence)
    assert (Case(case_id="1", prompt="a?", references=("3",)),) == benchmark.cases
    assert str(path) == benchmark.source


def test_words_that_yaml_would_take_for_truth_values_and_dates_stay_words(write: Write) -> None:
    path = write("x.yaml", "- {prompt: a, references: no}\n- {prompt: b, references: [2024-05-01, on, true]}\n")
    assert [("no",), ("2024-05-01", "on", "true")] == [case.references for case in load_benchmark(path).cases]


def test_a_byte_order_mark_and_a_huge_cell_do_not_matter(write: Write) -> None:
    text = "x" * 200_000
    for name, content in (
        ("x.csv", f"prompt,references\r\n{text},yes\r\n"),
        ("x.jsonl", json.dumps({"prompt": text, "references": "yes"})),
        ("x.json", json.dumps([{"prompt": text, "references": "yes"}])),
        ("x.yaml", f"- prompt: {text}\n  references: yes\n"),
    ):
        benchmark = load_benchmark(write(name, b"\xef\xbb\xbf" + content.encode()))
        assert (Case(case_id="1", prompt=text, references=("yes",)),) == benchmark.cases


def test_an_empty_cell_and_nan_are_missing_and_the_word_none_is_not(write: Write) -> None:
    path = write("x.csv", "prompt,references,cluster\na,None,\nb,NaN,NaN\nc,,x\n")
    cases = load_benchmark(path).cases
    assert [("None",), (), ()] == [case.references for case in cases]
    assert [None, None, "x"] == [case.cluster for case in cases]


def test_numbers_become_text_the_way_a_person_writes_them(write: Write) -> None:
    numbers = [3, 3.0, 2.5, 1e-05, True, 1e20, -0.25, 12345678901234567890]
    path = write("x.jsonl", [{"prompt": "n?", "references": numbers}])
    expected = ("3", "3", "2.5", "0.00001", "true", "100000000000000000000", "-0.25", "12345678901234567890")
    assert expected == load_benchmark(path).cases[0].references


def test_the_version_follows_cases_prompt_and_options_and_not_metrics(write: Write) -> None:
    def version(question: str = "a?", answer: str = "b", **header: Any) -> str:
        rows = [{"benchmark": header}, {"prompt": question, "references": answer}]
        return load_benchmark(write("x.jsonl", rows)).version

    first = version()
    assert first == version()
    assert first == version(metrics=["bleu"], name="other", description="d")
    others = {version("c?"), version(answer="c"), version(options={"num_predict": 1})}
    others |= {version(prompt={"template": "Q {prompt}"}), version(prompt={"system": "Be brief."})}
    assert 5 == len(others - {first})


def test_the_same_cases_have_the_same_version_in_another_file_format(write: Write) -> None:
    assert load_benchmark(write("x.jsonl", ROWS)).version == load_benchmark(write("y.csv", CSV)).version


def test_equal_contents_under_different_ids_are_told(write: Write) -> None:
    rows = [{"id": i, "prompt": p, "references": "x"} for i, p in (("a", "1"), ("b", "2"), ("c", "1"), ("d", "2"))]
    assert (("a", "c"), ("b", "d")) == equal_contents(load_benchmark(write("x.jsonl", rows)))
    assert () == equal_contents(load_benchmark(write("y.jsonl", rows[:2])))


def test_one_line_says_what_was_recognised(write: Write) -> None:
    rows = [{"question": f"{i}?", "answer": f"so\n#### {i}"} for i in range(1319)]
    path = write("test.jsonl", rows)
    assert "gsm8k: 1,319 cases, read as GSM8K (reasoning); metrics numeric_match (headline)" == (
        recognised_line(load_benchmark(path))
    )
    one = load_benchmark(write("one.jsonl", ROWS[:1]), name="mine")
    assert "mine: 1 case, read as plain cases (generation); metrics exact_match (headline), token_f1" == (
        recognised_line(one)
    )


def test_a_path_is_a_path_as_text_too(write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write("x.jsonl", ROWS)
    monkeypatch.chdir(path.parent)
    assert "x.jsonl" == load_benchmark("x.jsonl").source
    assert CASES == load_benchmark("./x.jsonl").cases


def test_every_standard_suite_loads_by_its_name() -> None:
    for name in standard_suites():
        benchmark = load_benchmark(name)
        assert (name, "standard suite") == (benchmark.name, benchmark.source)
        assert benchmark.version == load_suite(name).version
        assert "other" == load_benchmark(name, name="other").name


def test_a_name_that_is_no_suite_is_answered_with_the_suites() -> None:
    with pytest.raises(UnknownNameError) as caught:
        load_benchmark("sumarization")
    assert ("benchmark", "sumarization", standard_suites()) == (
        caught.value.kind,
        caught.value.name,
        caught.value.known,
    )
    assert "Name one of the suites, or a file: a path such as ./sumarization.jsonl is read as a file." == (
        caught.value.next_step
    )


def test_the_fields_of_a_suite_are_not_mapped() -> None:
    name = standard_suites()[0]
    with pytest.raises(ConfigurationError, match="a mapping of fields was given for the standard suite"):
        load_benchmark(name, fields={"prompt": "q"})


GSM8K = Path(__file__).parents[4] / "shared" / "data" / "gsm8k" / "test.jsonl"


@pytest.mark.skipif(not GSM8K.exists(), reason="the GSM8K test set is not beside the repository")
def test_the_whole_gsm8k_test_set_is_read_without_configuration() -> None:
    benchmark = load_benchmark(GSM8K)
    assert 1319 == len(benchmark.cases)
    assert ("18",) == benchmark.cases[0].references
    assert "gsm8k: 1,319 cases, read as GSM8K (reasoning); metrics numeric_match (headline)" == (
        recognised_line(benchmark)
    )
