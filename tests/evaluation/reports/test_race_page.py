"""A race as a page: every look and every reason, and no name that could pass for Markdown of ours."""

from typing import Any

from evaluation.reports.race_page import cost_line, look_lines, race_as_markdown, ranking_rows, rule_line


def _decision(look: int, candidate: str, decision: str, n_cases: int, reason: str, calls: int) -> dict[str, Any]:
    return {
        "look": look,
        "candidate": candidate,
        "decision": decision,
        "n_cases": n_cases,
        "reason": reason,
        "evidence": {"calls": calls},
    }


def _place(rank: int, candidate: str, **found: Any) -> dict[str, Any]:
    usual = {"score": 0.75, "behind_first": 0.0, "n_cases": 30, "left_after": None, "given_up": False}
    return {"rank": rank, "candidate": candidate, **usual, **found}


RACE: dict[str, Any] = {
    "run_id": "abc123",
    "benchmark": "numbers",
    "metric": "exact_match",
    "method": "evidence",
    "alpha": 0.05,
    "margin": "2pp",
    "sentence": "a wins.",
    "ranking": [
        _place(1, "a"),
        _place(2, "b | [x](http://y)", score=0.5, behind_first=0.25, left_after=20, n_cases=30),
        _place(3, "c", score=None, behind_first=None, left_after=20, n_cases=0, given_up=True),
    ],
    "decisions": [
        _decision(1, "a", "kept", 20, "ahead of b", 60),
        _decision(1, "b | [x](http://y)", "dropped", 20, "25.0 points behind a", 60),
        _decision(1, "c", "given_up", 20, "given up: gone", 60),
        _decision(2, "a", "confirmed", 30, "on 10 unseen cases 20.0 points ahead of b", 80),
    ],
    "spent": {"calls": 80, "minutes": 1.25, "tokens": 4000},
    "full_grid_calls": 320,
}


def test_a_line_for_each_look_says_who_left_and_who_is_still_in() -> None:
    assert [
        "look 1, 20 cases, 60 calls so far: 2 left (b | [x](http://y), c), 1 still in",
        "confirmation, 80 calls so far: a on 10 unseen cases 20.0 points ahead of b",
    ] == look_lines(RACE)


def test_a_row_for_each_candidate_says_when_and_how_it_left() -> None:
    rows = ranking_rows(RACE)

    assert ["in to the end", "dropped after 20", "given up after 20"] == [row["left"] for row in rows]
    assert ["0.750", "0.500", "–"] == [row["score"] for row in rows]


def test_what_it_took_stands_beside_what_asking_everybody_everything_takes() -> None:
    said = "80 calls of the 320 that asking everybody everything takes (25 %), 4,000 tokens, 1.25 minutes"
    assert said == cost_line(RACE)
    assert "at most 0.05; a difference under 2pp does not matter; scores are exact_match" in rule_line(RACE)
    assert "no guarantee" in rule_line({**RACE, "method": "halving"})


def test_the_page_holds_it_all_and_shows_names_as_they_are() -> None:
    page = race_as_markdown(RACE)

    assert page.startswith("# Race on numbers\n\n> a wins.\n")
    assert "25.0 points behind a" in page
    assert "[x](http://y)" not in page
    assert "\\[x\\]" in page
    assert "Run abc123" in page
