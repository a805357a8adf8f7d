"""Tables of where time and tokens go: one line for each stage, with what is known and what is not."""

from dataclasses import replace

import pytest
from hostile_texts import ALL, NAME, foreign_markup
from run_results import a_run_result, candidate_result
from staged_runs import store_staged_run

from deployments.cli.terminal.run_results import print_run
from evaluation.reports.runs.page import invocation_as_markdown
from evaluation.reports.runs.stages import stage_tables
from evaluation.results.runs import RunResult
from evaluation.results.stages import StageTotal
from evaluation.run_results.run_result import invocation_result, run_result
from evaluation.store.session import Store

MAPS = StageTotal(
    stage="map",
    kind="chat",
    model="a:1b",
    digest=None,
    n=800,
    n_outcomes=40,
    least_per_case=20,
    most_per_case=20,
    n_reused=0,
    n_shared=0,
    n_without_tokens=0,
    n_without_energy=0,
    total_s=90.0,
    queue_s=None,
    load_s=1.0,
    prompt_s=40.0,
    generate_s=49.0,
    prompt_tokens=10_000,
    output_tokens=5_000,
    energy_j=None,
    share_of_seconds=0.9,
    share_of_tokens=0.75,
)
REDUCE = replace(
    MAPS, stage="reduce", n=40, least_per_case=1, most_per_case=1, total_s=10.0, load_s=None, prompt_s=None,
    generate_s=10.0, prompt_tokens=4_000, output_tokens=1_000, share_of_seconds=0.1, share_of_tokens=0.25,
)  # fmt: skip
HEAD = ["stage", "requests", "seconds", "of seconds", "tokens in", "tokens out", "of tokens", "load s", "prompt s"]


def of(*stages: StageTotal) -> RunResult:
    return a_run_result(candidate_result("a:1b", stages=stages))


@pytest.fixture
def store_url(sqlite_url: str) -> str:
    return sqlite_url


def test_a_line_for_each_stage_and_one_for_all_without_columns_that_nobody_fills() -> None:
    (table,) = stage_tables(of(MAPS, REDUCE))

    assert [*HEAD, "generate s"] == list(table.rows[0])
    assert [
        ["map ×20", "800", "90", "90 %", "10,000", "5,000", "75 %", "1", "40", "49"],
        ["reduce", "40", "10", "10 %", "4,000", "1,000", "25 %", "–", "–", "10"],
        ["all stages", "840", "100", "100 %", "14,000", "6,000", "100 %", "1", "40", "59"],
    ] == [list(row.values()) for row in table.rows]
    assert [] == table.remarks
    assert ["stage", "requests", "tokens in", "tokens out", "of tokens"] == list(table.tokens[0])
    assert ["stage", "seconds", "of seconds", "load s", "prompt s", "generate s"] == list(table.seconds[0])


def test_a_stage_that_not_every_case_has_as_often_says_so_and_another_model_has_a_column() -> None:
    varying, other = replace(MAPS, least_per_case=3), replace(REDUCE, model="big:70b", energy_j=12.0)

    (table,) = stage_tables(of(varying, other))

    assert [("map ×3–20", "a:1b"), ("reduce", "big:70b"), ("all stages", "–")] == [
        (row["stage"], row["model"]) for row in table.rows
    ]
    assert ["–", "12.0 J", "12.0 J"] == [row["energy"] for row in table.rows]


def test_what_the_sums_leave_out_is_said() -> None:
    gaps = replace(MAPS, n_reused=400, n_without_tokens=3, n_without_energy=1, energy_j=5.0)

    (table,) = stage_tables(of(gaps, replace(REDUCE, n_without_energy=40)))

    assert [
        "map: 400 of 800 requests reused, which count with their tokens alone",
        "map: 3 of 800 requests without a known number of tokens",
        "map: 1 of 800 requests without a measured energy",
        "reduce: 40 of 40 requests without a measured energy",
    ] == table.remarks
    (unmeasured,) = stage_tables(of(replace(MAPS, n_without_energy=800)))
    assert [] == unmeasured.remarks


def test_tokens_that_a_stage_does_not_report_are_no_share_of_none(store: Store) -> None:
    (table,) = stage_tables(run_result(store, store_staged_run(store, "a note")))

    assert [("search", "–", "–"), ("map ×2", "4,000", "67 %"), ("reduce", "2,000", "33 %")] == [
        (row["stage"], row["tokens in"], row["of tokens"]) for row in table.rows[:-1]
    ]


def test_a_run_without_pipelines_has_no_tables() -> None:
    assert [] == stage_tables(a_run_result(candidate_result("a:1b"), candidate_result("b:1b")))


@pytest.mark.parametrize("width", ["40", "80", "200"])
@pytest.mark.parametrize("model", ["m:1b", "small:1b"])
def test_the_terminal_shows_every_number_at_any_width(
    store: Store, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, width: str, model: str
) -> None:
    monkeypatch.setenv("COLUMNS", width)
    run_id = store_staged_run(store, "a note", model=model)

    print_run(store, run_result(store, run_id))

    text = capsys.readouterr().out
    page = " ".join(text.split())
    assert f"Where time and tokens go: {model}" in page
    assert (model == "small:1b") == ("model" not in page)
    assert all(number in page for number in ("map ×2", "4,000", "400", "67 %", "6,000", "all stages", "9.5"))
    shown = text[text.index("Where time") :].splitlines()
    assert max(map(len, shown)) <= int(width)


@pytest.mark.parametrize("text", [ALL, NAME])
def test_names_of_stages_and_models_are_no_markup(store: Store, text: str) -> None:
    run_id = store_staged_run(store, text, names=(f"{text} 1", f"{text} 2", text))

    page = invocation_as_markdown(store, invocation_result(store, f"of-{run_id}"))

    assert "### Where time and tokens go" in page
    assert [] == foreign_markup(page)
