"""`benchwright compare` in this process: what it says first, its exit codes, and a clear message for every mistake."""

from collections.abc import Callable
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import fromstring

import pytest
from compared_runs import candidate, cases_of, right_on, store_run, timed
from filled_stores import fill_by_copy
from numbers_benchmark import write_numbers
from scripted_ollama import Chat, Reply, ScriptedOllama

from evaluation.records.status import Status
from evaluation.store.session import Store, open_store

Command = Callable[..., Any]
CASES = cases_of(40)


@pytest.fixture
def two_runs(database: str) -> None:
    """Runs `one` and `two` of one candidate each, the second much worse, and slower."""
    fill_by_copy(database, _store_two_runs)


def _store_two_runs(store: Store) -> None:
    good = right_on(CASES, range(30))
    store_run(store, candidate("good:1b", good), cases=CASES, run_id="one")
    store_run(store, candidate("poor:1b", right_on(CASES, range(5))), cases=CASES, run_id="two")


@pytest.fixture
def four_sides(database: str) -> None:
    """A run of four candidates."""
    fill_by_copy(database, _store_four_sides)


def _store_four_sides(store: Store) -> None:
    asked = [candidate(f"m{n}:1b", right_on(CASES, range(n * 10))) for n in range(4)]
    store_run(store, *asked, cases=CASES, run_id="four")


@pytest.mark.usefixtures("two_runs")
def test_one_sentence_comes_first_then_the_table_then_what_flipped(benchwright: Command) -> None:
    said = benchwright("compare", "one", "two")

    assert 0 == said.code
    first, *rest = said.out.splitlines()
    assert first.startswith("good:1b is better than poor:1b by 62.5 points [")
    assert first.endswith("p < .0001 (exact McNemar), 40 pairs.")
    page = "\n".join(rest)
    places = [
        page.index(text) for text in ("exact_match *", "25 cases flipped: good:1b is better on 25", "digest-of-g")
    ]
    assert sorted(places) == places
    assert "20 more: --flips 25. One in full: benchwright show one --case ID" in page


@pytest.mark.usefixtures("two_runs")
def test_json_has_the_pairs_flat_with_the_pinned_keys(benchwright: Command) -> None:
    found = benchwright("compare", "one", "two", "--json").json

    pinned = {
        "metric", "a", "b", "verdict", "difference", "low", "high", "p_value", "p_adjusted", "n_pairs", "method",
        "effect_size", "mde",
    }  # fmt: skip
    assert all(pinned <= pair.keys() for pair in found["comparisons"])
    pair = found["comparisons"][0]
    assert ("exact_match", "good:1b", "poor:1b", "A better", 0.625, 40) == tuple(
        pair[key] for key in ("metric", "a", "b", "verdict", "difference", "n_pairs")
    )
    (result,) = found["results"]
    assert ["one", "two"] == result["run_ids"]
    assert result["sentences"][0].startswith("good:1b is better than poor:1b")


@pytest.mark.usefixtures("four_sides")
def test_many_sides_are_a_ranking_with_letters_and_a_matrix(benchwright: Command) -> None:
    said = benchwright("compare", "last")

    assert 0 == said.code
    assert said.out.startswith("m3:1b is the best of 4: better than the nearest, m2:1b, by 25.0 points [")
    assert "exact_match: row minus column; *" in said.out
    assert "+75.0*" in said.out


@pytest.mark.usefixtures("two_runs")
def test_a_regression_exits_with_1_and_is_written_as_junit(benchwright: Command, tmp_path: Path) -> None:
    report = tmp_path / "report.xml"

    said = benchwright("compare", "one", "two", "--fail-on-regression", "--junit", report)

    assert 1 == said.code
    assert "check failed: exact_match: good:1b is better than poor:1b by 62.5 points" in said.err
    suite = fromstring(report.read_text())[0]
    assert ("1", "1", "0") == tuple(suite.attrib[key] for key in ("tests", "failures", "skipped"))
    assert "poor:1b against good:1b: exact_match" == suite[0].attrib["name"]


@pytest.mark.usefixtures("two_runs")
def test_no_regression_exits_with_0(benchwright: Command, tmp_path: Path) -> None:
    report = tmp_path / "report.xml"

    said = benchwright("compare", "two", "one", "--fail-on-regression", "--junit", report, "--json")

    assert 0 == said.code
    assert ["passed"] == [check["outcome"] for check in said.json["checks"]]
    assert "0" == fromstring(report.read_text()).attrib["failures"]


@pytest.mark.usefixtures("two_runs")
def test_a_loss_that_is_shown_to_be_smaller_than_the_margin_is_no_regression(benchwright: Command) -> None:
    said = benchwright("compare", "one", "two", "--fail-on-regression", "--margin", "90pp")

    assert 0 == said.code
    assert "poor:1b is not worse than good:1b by 90 points or more (p < .0001)." in said.out


def test_a_stored_run_of_which_a_candidate_failed_passes_no_check(benchwright: Command, database: str) -> None:
    with open_store(database) as store:
        asked = [candidate(f"{name}:1b", right_on(CASES, range(30))) for name in ("a", "b")]
        store_run(store, *asked, cases=CASES, status=Status.FAILED)

    plain = benchwright("compare", "last")
    checked = benchwright("compare", "last", "--fail-on-regression")

    assert (0, 3) == (plain.code, checked.code)


def test_a_slower_side_is_a_regression_where_that_was_asked_for(benchwright: Command, database: str) -> None:
    with open_store(database) as store:
        store_run(store, candidate("fast:1b", timed(CASES, 0.5)), candidate("slow:1b", timed(CASES, 1.5)), cases=CASES)

    quality = benchwright("compare", "last", "--fail-on-regression")
    latency = benchwright("compare", "last", "--regression-of", "latency_s")

    assert (0, 1) == (quality.code, latency.code)
    assert "latency_s 0.333 times" in latency.err
    assert 1 == latency.out.count("not the ratio of the two means shown")


def test_too_few_cases_are_undecided_and_fail_nothing(benchwright: Command, database: str, tmp_path: Path) -> None:
    cases = cases_of(4)
    with open_store(database) as store:
        store_run(
            store, candidate("a:1b", right_on(cases, range(4))), candidate("b:1b", right_on(cases, ())), cases=cases
        )
    report = tmp_path / "report.xml"

    said = benchwright("compare", "last", "--fail-on-regression", "--junit", report)

    assert 0 == said.code
    assert said.out.startswith("insufficient data: 4 pairs are too few to tell b:1b from a:1b (at least 6).")
    assert "1" == fromstring(report.read_text()).attrib["skipped"]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ((), "nothing to compare: give at least one RUN"),
        (("one",), "a comparison needs two sides, and there is only 'good:1b'"),
        (("one", "never"), "unknown run 'never'"),
        (("one", ""), "an empty name"),
        (("one", "two", "--margin", "wide"), "--margin 'wide' is not a number or a number of points"),
        (("one", "two", "--margin", "2"), "write 2pp"),
        (("one", "two", "--margin=-2pp"), "must be above zero"),
        (("one", "two", "--by", "colour"), "unknown comparison key 'colour'"),
        (("one", "two", "--against", "nobody"), "unknown side 'nobody'"),
        (("one", "two", "--against", ""), "against: empty; leave it out"),
        (("one", "two", "--metric", "beauty"), "unknown metric of these runs 'beauty'"),
        (("one", "two", "--flips", "-1"), "n_flips must be at least 0"),
        (("one", "two", "--regression-of", "beauty"), "unknown metric that was compared 'beauty'"),
        (("one", "two", "--junit", "/nowhere/at/all.xml"), "--junit '/nowhere/at/all.xml' cannot be written"),
        (("one", "two", "--seed", "3"), "no benchmark"),
        (("--history",), "--history needs runs, or the names of two sides"),
        (("--history", "one"), "that run has only one candidate"),
        (("--history", "nobody", "noone"), "unknown comparison of 'nobody and noone'"),
    ],
)
@pytest.mark.usefixtures("two_runs", "without_servers")
def test_every_mistake_is_one_message_and_exit_code_2(
    benchwright: Command, arguments: tuple[str, ...], said: str
) -> None:
    found = benchwright("compare", *arguments)

    assert 2 == found.code
    assert found.err.startswith("error: ")
    assert said.lower() in found.err.lower()
    assert "  next: " in found.err
    assert "Traceback" not in found.err


@pytest.mark.usefixtures("two_runs")
def test_a_mistake_is_json_where_that_was_asked_for(benchwright: Command) -> None:
    found = benchwright("compare", "one", "--json")

    assert (2, "error") == (found.code, found.json["status"])
    assert "needs two sides" in found.json["error"]["message"]


@pytest.mark.usefixtures("two_runs")
def test_the_history_of_a_pair_is_kept_under_its_names_and_its_runs(benchwright: Command) -> None:
    benchwright("compare", "one", "two")
    benchwright("compare", "two", "one", "--margin", "2pp")
    benchwright("compare", "one", "two")  # the same numbers again are no new comparison

    by_name = benchwright("compare", "--history", "poor:1b", "good:1b", "--json").json["history"]
    by_run = benchwright("compare", "--history", "one", "two", "--json").json["history"]

    assert 2 == len(by_name)
    assert [row["comparison_id"] for row in by_name] == [row["comparison_id"] for row in by_run]
    page = benchwright("compare", "--history", "poor:1b", "good:1b")
    assert 2 == page.out.count("poor:1b – good:1b")
    assert 2 == page.out.count("-62.5 points")


@pytest.mark.parametrize("width", [60, 80, 140])
@pytest.mark.usefixtures("four_sides")
def test_no_table_is_wider_than_the_screen(benchwright: Command, monkeypatch: pytest.MonkeyPatch, width: int) -> None:
    monkeypatch.setenv("COLUMNS", str(width))

    said = benchwright("compare", "last")

    rules = [line for line in said.out.splitlines() if set(line) == {"─"}]
    assert rules
    assert all(len(line) <= width for line in rules)


@pytest.mark.parametrize("command", [("compare", "last"), ("compare", "last", "--unpaired"), ("show", "last")])
@pytest.mark.usefixtures("four_sides")
def test_prose_is_wrapped_to_the_screen_and_in_a_pipe_left_whole(
    benchwright: Command, monkeypatch: pytest.MonkeyPatch, command: tuple[str, ...]
) -> None:
    piped = benchwright(*command)
    monkeypatch.setenv("COLUMNS", "80")
    shown = benchwright(*command)

    assert any(len(line) > 110 for line in piped.out.splitlines())
    assert [] == [line for line in (shown.out + shown.err).splitlines() if len(line) > 80 and "version" not in line]
    words = [line for line in piped.out.splitlines() if line.startswith(("* headline", "good"))]
    assert all(" ".join(line.split()) in " ".join(shown.out.split()) for line in words if "   " not in line)


def test_against_a_baseline_every_undecided_side_is_said_to_lack_so_many_cases(
    benchwright: Command, database: str
) -> None:
    with open_store(database) as store:
        sides = [candidate(f"m{n}:1b", right_on(CASES, range(20 + n))) for n in range(3)]
        store_run(store, *sides, cases=CASES, run_id="three")

    lead = benchwright("compare", "three", "--against", "m2:1b").out.splitlines()[0]

    assert lead.startswith("against m2:1b: inconclusive: m0:1b (")
    assert 2 == lead.count(" more cases would settle a 3-point difference")
    assert "not told apart" not in lead


def test_what_a_model_wrote_moves_no_cursor(benchwright: Command, database: str) -> None:
    from stored_runs import answer

    hostile = {case.case_id: answer(f"\x1b[2J\x1b[31m{case.case_id}\u202e evil\rgone") for case in CASES}
    with open_store(database) as store:
        store_run(
            store, candidate("a:1b", hostile), candidate("b:1b", right_on(CASES, range(40))), cases=CASES, run_id="r"
        )

    for arguments in (("compare", "r"), ("compare", "r", "--json")):
        said = benchwright(*arguments)
        assert 0 == said.code
        assert not {"\x1b", "\r", "\u202e"} & set(said.out)


def half(chat: Chat) -> Reply:
    """Right on even numbers."""
    number = int(chat.prompt.removeprefix("What is ").removesuffix("?"))
    return Reply(text=str(number) if number % 2 == 0 else "no idea")


def test_an_evaluation_made_now_is_compared_in_one_flow_run(
    benchwright: Command,
    ollama_by_script: ScriptedOllama,
    prefect_api: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("deployments.prefect_delivery.settle", lambda *_, **__: None)
    ollama_by_script.add("good")
    ollama_by_script.add("half", half)
    benchmark = write_numbers(tmp_path / "numbers.jsonl", 20)
    asked = ("--benchmark", benchmark, "--endpoint", ollama_by_script.url, "--slots", 4, "--metric", "exact_match")

    first = benchwright("compare", *asked, "--model", "good", "--model", "half", "--json")

    assert 0 == first.code
    assert "completed" == first.json["status"]
    pair = first.json["comparisons"][0]
    assert ("good", "half", "A better", 0.5, 20) == tuple(
        pair[key] for key in ("a", "b", "verdict", "difference", "n_pairs")
    )
    (run,) = first.json["runs"]
    assert 1 == len(run["flow_run_ids"])

    # Looked at later, it is the same comparison.
    later = benchwright("compare", run["run_id"], "--metric", "exact_match", "--json")
    assert pair["comparison_id"] == later.json["comparisons"][0]["comparison_id"]

    # The stored run is the baseline of what is evaluated now.
    second = benchwright(
        "compare", run["run_id"], *asked, "--model", "half", "--json", "--against", "good", "--fail-on-regression"
    )

    assert 1 == second.code
    (result,) = second.json["results"]
    assert 3 == len(result["sides"])
    assert "good" == result["against"]


@pytest.mark.usefixtures("two_runs", "without_servers")
def test_a_stored_run_of_another_version_is_refused_before_a_token_is_spent(
    benchwright: Command, ollama_by_script: ScriptedOllama, tmp_path: Path
) -> None:
    ollama_by_script.add("good")
    benchmark = write_numbers(tmp_path / "others.jsonl", 20)

    said = benchwright(
        "compare", "one", "--benchmark", benchmark, "--model", "good", "--endpoint", ollama_by_script.url
    )

    assert 2 == said.code
    assert "run one asked 'numbers' in version" in said.err


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--model", "good"), "a comparison needs two sides, but only one candidate was given"),
        (("--model", "good", "--model", "half", "--by", "colour"), "unknown comparison key 'colour'"),
    ],
)
@pytest.mark.usefixtures("without_servers")
def test_what_could_not_be_compared_afterwards_is_not_evaluated(
    benchwright: Command, benchmark: Path, arguments: tuple[str, ...], said: str
) -> None:
    found = benchwright("compare", "--benchmark", benchmark, *arguments)

    assert 2 == found.code
    assert said in found.err


def test_a_baseline_that_nobody_is_called_is_refused_before_a_token_is_spent(
    benchwright: Command, benchmark: Path, ollama_by_script: ScriptedOllama, prefect_api: str
) -> None:
    ollama_by_script.add("good")
    ollama_by_script.add("half", half)
    asked = ("--benchmark", benchmark, "--endpoint", ollama_by_script.url, "--model", "good", "--model", "half")

    found = benchwright("compare", *asked, "--against", "nobody")

    assert 2 == found.code
    assert "unknown side 'nobody'" in found.err
    assert not ollama_by_script.asked("good")
