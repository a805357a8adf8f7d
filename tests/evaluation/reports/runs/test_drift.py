"""What is shown of the same candidates in earlier runs."""

from stored_runs import Asked, asked, numbers, right, store_run, wrong

from evaluation.candidate import Candidate
from evaluation.charts.rendering import as_svg
from evaluation.records.status import Status
from evaluation.reports.runs.drift import drift
from evaluation.reports.runs.page import invocation_as_markdown
from evaluation.run_results.run_result import invocation_result, run_result
from evaluation.store.races import begin_race
from evaluation.store.runs import archive_run
from evaluation.store.session import Store

CASES = numbers(12)


def nights(store: Store, n: int) -> None:
    for number in range(1, n + 1):
        store_run(
            store,
            asked("a:1b", right(CASES[: 4 + number]) | wrong(CASES[4 + number :])),
            asked("b:1b", wrong(CASES)),
            cases=CASES,
            run_id=f"night-{number}",
        )


def test_a_first_run_has_no_earlier_ones(store: Store) -> None:
    nights(store, 1)

    assert drift(store, run_result(store, "night-1")) is None


def test_earlier_runs_stand_in_a_table_the_newest_first_with_intervals(store: Store) -> None:
    nights(store, 3)

    found = drift(store, run_result(store, "night-3"))

    assert found is not None
    assert ("night-3", "night-2", "night-1") == found.run_ids
    assert ["0.583", "0.500", "0.417"] == [row["value"][:5] for row in found.rows if row["candidate"] == "a:1b"]
    assert all("[" in row["value"] for row in found.rows)
    assert as_svg(found.chart).count("<circle") == 2 * 3 + 2
    assert [] == found.changes


def test_a_run_shows_what_was_before_it_and_not_what_came_after(store: Store) -> None:
    nights(store, 3)

    found = drift(store, run_result(store, "night-2"))

    assert found is not None
    assert ("night-2", "night-1") == found.run_ids


def test_runs_that_are_archived_failed_or_of_other_cases_do_not_count(store: Store) -> None:
    nights(store, 2)
    archive_run(store, "night-1")
    store_run(store, asked("a:1b", right(CASES)), cases=CASES, run_id="broken", status=Status.FAILED)
    store_run(store, asked("a:1b", right(CASES[:5])), cases=CASES[:5], run_id="other")
    nights_after = store_run(store, asked("a:1b", right(CASES)), cases=CASES, run_id="last")

    found = drift(store, run_result(store, nights_after))

    assert found is not None
    assert ("last", "night-2") == found.run_ids


def test_runs_of_fewer_cases_of_the_benchmark_do_not_count(store: Store) -> None:
    nights(store, 2)
    store_run(store, asked("a:1b", right(CASES[:5])), cases=CASES, limit=5, run_id="quick")
    nights_after = store_run(store, asked("a:1b", right(CASES)), cases=CASES, run_id="night-3")
    again = store_run(store, asked("a:1b", right(CASES[:5])), cases=CASES, limit=5, run_id="quick-again")

    of_all, of_few = drift(store, run_result(store, nights_after)), drift(store, run_result(store, again))

    assert of_all is not None
    assert ("night-3", "night-2", "night-1") == of_all.run_ids
    assert of_few is not None
    assert ("quick-again", "quick") == of_few.run_ids


def test_a_race_whose_candidates_were_asked_different_cases_is_before_nothing_and_after_nothing(store: Store) -> None:
    nights(store, 2)
    stopped_early = asked("b:1b", wrong(CASES[:4]))
    store_run(store, asked("a:1b", right(CASES)), stopped_early, cases=CASES, run_id="race")
    begin_race(store, "of-race", request={}, code_version="1")
    last = store_run(store, asked("a:1b", right(CASES)), asked("b:1b", wrong(CASES)), cases=CASES, run_id="night-3")

    found = drift(store, run_result(store, last))

    assert found is not None
    assert ("night-3", "night-2", "night-1") == found.run_ids
    assert drift(store, run_result(store, "race")) is None


def test_other_weights_under_the_same_name_are_said_and_marked(store: Store) -> None:
    nights(store, 1)
    pulled = Asked(candidate=Candidate(model="a:1b", digest="sha256:0123456789abcdef"), outcomes=right(CASES))
    store_run(store, pulled, cases=CASES, run_id="pulled")

    found = drift(store, run_result(store, "pulled"))

    assert found is not None
    (said,) = found.changes
    assert said.startswith("a:1b: different weights in run pulled (")
    assert said.endswith(": digest-of-a: became 0123456789ab")
    assert "other weights than before" in as_svg(found.chart)


def test_two_candidates_of_one_name_in_one_run_stand_apart_from_each_other_and_from_earlier_ones(store: Store) -> None:
    nights(store, 2)
    twins = [
        Asked(candidate=Candidate(model="a:1b", digest=digest), outcomes=right(CASES), endpoint=digest)
        for digest in ("one", "two")
    ]
    store_run(store, *twins, asked("b:1b", right(CASES)), cases=CASES, run_id="twins")

    found = drift(store, run_result(store, "twins"))

    assert found is not None
    assert ("twins", "night-2", "night-1") == found.run_ids
    newest = [row["candidate"] for row in found.rows if row["run"] == "twins"]
    assert ["a:1b @one", "a:1b @two", "b:1b"] == newest
    assert ["b:1b", "b:1b"] == [row["candidate"] for row in found.rows if row["run"] != "twins"]
    assert [] == found.changes


def test_the_page_shows_earlier_runs_where_there_are_any(store: Store) -> None:
    nights(store, 2)

    first = invocation_as_markdown(store, invocation_result(store, "of-night-1"))
    second = invocation_as_markdown(store, invocation_result(store, "of-night-2"))

    assert "from run to run" not in first
    assert "### The same candidates from run to run" in second
    assert "| night\\-1 | a:1b |" in second
    assert "`benchwright compare night-2 night-1`" in second
