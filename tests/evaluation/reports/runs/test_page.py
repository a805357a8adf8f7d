from dataclasses import replace

import pytest
from run_results import an_invocation_result
from stored_runs import answer, asked, numbers, right, store_run, wrong

from evaluation.errors import FailureKind
from evaluation.generation import Failure
from evaluation.records.status import Status
from evaluation.reports.runs.page import invocation_as_markdown
from evaluation.run_results.run_result import invocation_result, run_result
from evaluation.store.session import Store

DOWN = Failure(kind=FailureKind.SERVER_DOWN, message="nobody listens", n_attempts=8)


def page(store: Store, invocation_id: str = "of-run-1") -> str:
    return invocation_as_markdown(store, invocation_result(store, invocation_id))


def test_a_page_shows_the_table_the_sentence_and_where_the_numbers_come_from(store: Store) -> None:
    cases = numbers(8)
    store_run(
        store,
        asked("a:1b", right(cases), details={"quantization": "Q4_0"}),
        asked("baseline-lead", wrong(cases)),
        cases=cases,
        metrics=("exact_match", "token_f1"),
    )

    text = page(store)

    assert text.startswith("# Evaluation\n\ncompleted · 2 candidates on 1 benchmark · 16 answers, no server failure")
    assert r"| candidate | **exact\_match** \* | token\_f1 | answered | failed |" in text
    assert "| candidate | latency s | tokens/s |" in text
    assert r"| a:1b | 1.000 \[0.676, 1.000\] |" in text
    assert r"> exact\_match: a:1b is better than baseline\-lead by 100.0 points" in text
    assert "Run `run-1` · reasoning · 8 cases · seed 7 · completed." in text
    assert "`benchwright show run-1 --case ID`" in text
    assert "| a:1b | `digest-of-a:` | Q4\\_0 | here 0.33.0 | 4096 | 0.0 |" in text
    assert r"code 0.1.0\+gabc · [flow run flow\-1](../../runs/flow-run/flow-1)" in text
    assert "On this page" not in text


def test_a_page_links_to_the_tables_that_it_is_given(store: Store) -> None:
    cases = numbers(2)
    run_id = store_run(store, asked("a:1b", right(cases)), cases=cases)
    result = run_result(store, run_id)
    whole = an_invocation_result(result)

    text = invocation_as_markdown(store, whole, table_links={run_id: "a1-b2"})

    assert "[This table, searchable and sortable](../../artifacts/artifact/a1-b2) · [flow run" in text
    assert "/artifacts/" not in invocation_as_markdown(store, whole)


def test_a_page_of_several_runs_names_them_and_the_worst_status(store: Store) -> None:
    cases = numbers(2)
    store_run(store, asked("a:1b", right(cases)), cases=cases)
    result = invocation_result(store, "of-run-1")
    (first,) = result.runs
    second = replace(first, benchmark="other|one", status=Status.CANCELLED)

    text = invocation_as_markdown(store, replace(result, status=Status.CANCELLED, runs=(first, second)))

    assert "cancelled · 1 candidate on 2 benchmarks" in text
    assert r"**On this page:** numbers · other\|one" in text
    assert r"## other\|one" in text


def test_failures_alarms_and_who_was_given_up_are_on_the_page(store: Store) -> None:
    cases = numbers(3)
    store_run(
        store,
        asked("a:1b", wrong(cases) | {"c2": DOWN}, given_up="3 of 3 failed: `nobody` <listens>"),
        cases=cases,
        status=Status.FAILED,
        n_repeats=1,
    )

    text = page(store)

    assert "failed · 1 candidate" in text
    assert "1 server failure (counted, never scored)" in text
    assert r"given up, 1 server\_down" in text
    assert "counting the 1 server failure as zero" in text
    assert "### Alarms\n\n- exact\\_match is 0 for every candidate" in text
    assert "### Notes\n\n- a:1b: exact\\_match " in text
    assert r"**a:1b** was given up: 3 of 3 failed: \`nobody\` &lt;listens&gt;" in text


def test_a_page_of_a_run_that_has_nothing_yet_is_a_page(store: Store) -> None:
    store_run(store, cases=numbers(1), status=Status.PLANNED, scored=False, n_repeats=2, flow_run_ids=())

    text = page(store)

    assert "planned · 0 candidates" in text
    assert "1 case, 2 repeats each" in text
    assert "flow run" not in text


def test_weights_without_a_digest_are_called_unverified(store: Store) -> None:
    cases = numbers(1)
    store_run(store, asked("a:1b", right(cases)), cases=cases)
    (run,) = invocation_result(store, "of-run-1").runs
    unverified = replace(run, candidates=(replace(run.candidates[0], digest=None),))

    assert "| a:1b | unverified weights |" in invocation_as_markdown(store, an_invocation_result(unverified))


@pytest.mark.parametrize("name", ["<script>alert(1)</script>", "a|b`c`", "[x](http://evil.example)", "\x1b[31m\u202ex"])
def test_a_hostile_label_is_only_text_on_the_page(store: Store, name: str) -> None:
    cases = numbers(1)
    store_run(store, asked(name, {"c0": answer("0")}), cases=cases)

    text = page(store)

    assert "<script>" not in text
    assert "\x1b" not in text
    assert "\u202e" not in text
    assert "](http" not in text
    (row,) = [line for line in text.splitlines() if "/1 |" in line]
    assert 7 == row.replace("\\|", "").count("|")


def test_the_cpu_and_the_alarms_about_baselines_are_a_line_each_for_the_whole_page(store: Store) -> None:
    cases = numbers(12)
    for number in (1, 2):
        store_run(
            store,
            asked("a:1b", right(cases[:6]) | wrong(cases[6:]), vram_share=0.5),
            asked("baseline-lead", wrong(cases), vram_share=0.0),
            cases=cases,
            run_id=f"run-{number}",
        )
    runs = [run_result(store, "run-1"), run_result(store, "run-2")]
    text = invocation_as_markdown(store, an_invocation_result(*runs))

    assert 1 == text.count("partly or fully on the CPU: a:1b \\(50 %\\)")
    assert 1 == text.count("2 alarms about baselines left out")
    assert "### Alarms" not in text


def test_a_long_label_is_folded_so_that_its_numbers_stay_in_sight(store: Store) -> None:
    cases = numbers(2)
    label = "llama3.1:8b pipeline=retrieval corpus=papers embedder=nomic-embed-text"
    store_run(store, asked(label, right(cases)), cases=cases)

    text = page(store)

    folded = r"| llama3.1:8b pipeline=retrieval<br>corpus=papers<br>embedder=nomic\-embed\-text | "
    assert 2 == text.count(folded)
    assert f"{folded}1.000" in text
