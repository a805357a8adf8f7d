from dataclasses import replace

import pytest

from evaluation.case import Benchmark, Case, Message, PromptTemplate
from evaluation.errors import ConfigurationError, StoreError, UnknownNameError
from evaluation.records.candidates import BenchmarkRecord
from evaluation.store.benchmarks import (
    find_benchmark,
    list_benchmarks,
    load_benchmark_version,
    load_cases,
    save_benchmark,
)
from evaluation.store.session import Store, info

RICH = Benchmark(
    name="rich",
    task_type="my own",
    cases=(
        Case(
            case_id="a\x00",
            messages=(Message(role="system", content="s"), Message(role="user", content="u")),
            references=("r1", "r2"),
            context=("c",),
            choices=("x", "y"),
            cluster="k",
            tags=("t",),
            details={"tests": ["assert f(1) == 2"], "limit": 1.5},
        ),
        Case(case_id="b", prompt="half \x00 of it"),
    ),
    prompt=PromptTemplate(system="sys", template="Q: {prompt}"),
    options={"num_predict": 96, "stop": ["\n"]},
    metrics=("token_f1", "regex(pattern='^yes')"),
    headline="token_f1",
    description="d",
    criteria="c",
    licence="l",
    source="file.jsonl",
    format="jsonl",
)


def _record(store: Store, name_or_version: str) -> BenchmarkRecord:
    found = find_benchmark(store, name_or_version)
    assert found is not None
    return found


def test_a_benchmark_comes_back_as_it_went_in(store: Store) -> None:
    version = save_benchmark(store, RICH)
    loaded = load_benchmark_version(store, version)
    assert RICH == loaded
    assert RICH.version == version == loaded.version


def test_saving_the_same_version_again_changes_only_what_describes_it(store: Store, store_url: str) -> None:
    version = save_benchmark(store, RICH)
    described = replace(RICH, metrics=("bleu",), headline="bleu", description="new")
    assert version == save_benchmark(store, described)
    assert described == load_benchmark_version(store, version)
    assert {"benchmark": 1, "benchmark_case": 2} == {
        name: info(store_url).n_rows[name] for name in ("benchmark", "benchmark_case")
    }


def test_the_same_cases_under_two_names_are_one_version(store: Store) -> None:
    version = save_benchmark(store, RICH)
    copy = replace(RICH, name="copy", headline="bleu")
    assert version == save_benchmark(store, copy)
    assert ["copy", "rich"] == [record.name for record in list_benchmarks(store)]
    assert (RICH, copy) == (
        load_benchmark_version(store, version, "rich"),
        load_benchmark_version(store, version, "copy"),
    )


def test_a_name_means_its_newest_version_and_old_ones_stay(store: Store) -> None:
    old = save_benchmark(store, RICH)
    new = save_benchmark(store, replace(RICH, cases=RICH.cases[:1]))
    assert (new, 1) == (_record(store, "rich").version, _record(store, "rich").n_cases)
    assert old == _record(store, old).version == _record(store, old[:10]).version
    assert [new] == [record.version for record in list_benchmarks(store)]
    save_benchmark(store, RICH)
    assert old == _record(store, "rich").version


def test_an_unknown_or_too_short_word_finds_no_benchmark(store: Store) -> None:
    version = save_benchmark(store, RICH)
    assert find_benchmark(store, "poor") is None
    assert find_benchmark(store, version[:7]) is None


def test_a_prefix_of_two_versions_is_refused(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    for ending in "ab":
        benchmark = replace(RICH, name=ending)
        vars(benchmark)["version"] = "0" * 63 + ending
        save_benchmark(store, benchmark)
    with pytest.raises(ConfigurationError, match="several benchmark versions begin with '000000000'"):
        find_benchmark(store, "000000000")


def test_cases_are_loaded_in_the_order_asked_for_or_the_files(store: Store) -> None:
    cases = tuple(Case(case_id=f"{number}", prompt=f"{number}?") for number in range(1203))
    version = save_benchmark(store, replace(RICH, cases=cases))
    assert cases == load_cases(store, version)
    assert cases[::-1] == load_cases(store, version, [case.case_id for case in cases[::-1]])
    assert () == load_cases(store, version, [])


def test_an_unknown_case_or_version_is_refused(store: Store) -> None:
    version = save_benchmark(store, RICH)
    with pytest.raises(StoreError, match=r"does not hold case 'z'.*1 missing"):
        load_cases(store, version, ["b", "z"])
    with pytest.raises(StoreError, match="does not hold"):
        load_cases(store, "0" * 64)
    with pytest.raises(UnknownNameError, match="unknown benchmark version"):
        load_benchmark_version(store, "0" * 64)
    with pytest.raises(UnknownNameError, match="unknown benchmark version"):
        load_benchmark_version(store, version, "poor")
