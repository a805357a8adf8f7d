import json
from dataclasses import replace

import numpy as np
from hostile_texts import MARK, NAME

from evaluation.records.evidence import Choosable, Evidence, EvidenceCase
from evaluation.results.as_json import as_json, from_json
from selection.pages.scoreboard import TaskScoreboard, scoreboard_rows, task_line, task_scoreboard
from selection.scoreboards.building import build_scoreboard


def evidence(*qualities: list[float], latency_s: float = np.nan) -> Evidence:
    """A row of each candidate on each case of one task; the later a candidate, the slower."""
    n = len(qualities[0])
    numbers = np.arange(len(qualities)).repeat(n)
    return Evidence(
        candidates=tuple(
            Choosable(key=f"k{i}", label=f"m{i}", model=f"m{i}", not_ready="retired" if i == 2 else None)
            for i in range(3)
        ),
        cases=tuple(EvidenceCase(task="law", yardstick="y", case_id=f"c{i}", family=f"c{i}") for i in range(n)),
        candidate=numbers.astype(np.int32),
        case=np.tile(np.arange(n), len(qualities)).astype(np.int32),
        quality=np.array([value for row in qualities for value in row]),
        latency_s=latency_s * (1 + numbers),
        cost_usd=np.full(len(numbers), np.nan),
        energy_j=np.full(len(numbers), np.nan),
        fingerprint="f",
    )


def test_the_measured_candidates_of_a_task_are_listed_best_first() -> None:
    board = build_scoreboard(evidence([0.2, 0.4] * 10, [0.8, 0.6] * 10, latency_s=1.0))
    (standing,) = board.standings.values()

    rows = scoreboard_rows(board, standing)

    assert "law: 2 candidates on 20 cases" == task_line(standing)
    assert [("m1", "20", "2.00"), ("m0", "20", "1.00")] == [
        (row["candidate"], row["cases"], row["latency s (p95)"]) for row in rows
    ]
    assert rows[0]["expected"].startswith("70.0 % [")
    assert ["candidate", "measured", "cases", "expected", "latency s (p95)"] == list(rows[0])


def test_json_keeps_every_number_and_who_is_not_ready() -> None:
    board = build_scoreboard(evidence([0.2] * 12, [0.8] * 12, [0.5] * 12))

    (standing,) = board.standings.values()
    result = task_scoreboard(board, standing)
    task = json.loads(json.dumps(as_json(result)))

    assert result == from_json(TaskScoreboard, task)

    assert ("law", 12, ["m1", "m2", "m0"]) == (
        task["task"],
        task["n_cases"],
        [one["candidate"] for one in task["candidates"]],
    )
    assert [None, "retired", None] == [one["not_ready"] for one in task["candidates"]]
    assert [None] * 3 == [one["latency_s"] for one in task["candidates"]]


def test_a_notebook_shows_every_task_and_a_frame_has_every_candidate() -> None:
    board = build_scoreboard(evidence([0.2, 0.4] * 10, [0.8, 0.6] * 10, latency_s=1.0))

    page, frame = board._repr_html_(), board.to_frame()

    assert "law: 2 candidates on 20 cases" in page
    assert {("law", "m0", 20, 1.0), ("law", "m1", 20, 2.0)} == {
        (row.task, row.candidate, row.n_cases, row.latency_s) for row in frame.itertuples()
    }
    assert ("string", "Int64", "float64") == tuple(
        str(frame[each].dtype) for each in ("not_ready", "n_cases", "quality")
    )


def test_hostile_names_stay_text_in_a_notebook() -> None:
    board = build_scoreboard(evidence([0.2, 0.4] * 10, [0.8, 0.6] * 10))
    candidates = tuple(replace(each, label=f"{NAME} {each.label}", not_ready=NAME) for each in board.candidates)

    page = replace(board, candidates=candidates)._repr_html_()

    assert MARK in page
    assert "<b>x" not in page
