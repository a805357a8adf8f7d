"""A race as a page: every look and every reason, and no name that could pass for Markdown of ours."""

from dataclasses import replace

from run_results import a_race, race_decision, race_place

from evaluation.races.rules import Spent
from evaluation.races.state import Fate
from evaluation.reports.races.page import cost_line, decision_lines, race_as_markdown, ranking_rows, rule_line
from evaluation.results.as_json import as_json
from evaluation.results.races import UnfinishedRace

RACE = a_race(
    [
        race_place(1, "a"),
        race_place(2, "b | [x](http://y)", score=0.5, behind_first=0.25, left_after=20, n_cases=30),
        race_place(3, "c", score=None, behind_first=None, left_after=20, n_cases=0, is_given_up=True),
    ],
    [
        race_decision(1, "a", Fate.KEPT, n_cases=20, reason="ahead of b", calls=60),
        race_decision(1, "b | [x](http://y)", Fate.DROPPED, n_cases=20, reason="25.0 points behind a", calls=60),
        race_decision(1, "c", Fate.GIVEN_UP, n_cases=20, reason="given up: gone", calls=60),
        race_decision(2, "a", Fate.CONFIRMED, n_cases=30, reason="on 10 unseen cases 20.0 points ahead of b", calls=80),
    ],
    spent=Spent(calls=80, minutes=1.25, tokens=4000),
    full_grid_calls=320,
    run_id="abc123",
    margin="2pp",
)


def test_a_line_for_each_look_says_who_left_and_who_is_still_in() -> None:
    assert [
        "look 1, 20 cases, 60 calls so far: 2 left (b | [x](http://y), c), 1 still in",
        "confirmation, 80 calls so far: a on 10 unseen cases 20.0 points ahead of b",
    ] == decision_lines(RACE)


def test_a_row_for_each_candidate_says_when_and_how_it_left() -> None:
    rows = ranking_rows(RACE)

    assert ["in to the end", "dropped after 20", "given up after 20"] == [row["left"] for row in rows]
    assert ["0.750", "0.500", "–"] == [row["score"] for row in rows]


def test_what_it_took_stands_beside_what_asking_everybody_everything_takes() -> None:
    said = "80 calls of the 320 that a full evaluation takes (25 %), 4,000 tokens, 1.25 minutes"
    assert said == cost_line(RACE.outcome)
    assert "at most 0.05; a difference under 2pp does not matter; scores are exact_match" in rule_line(RACE)
    assert "only the confirmation gives a guarantee" in rule_line(replace(RACE, method="halving"))


def test_the_page_holds_it_all_and_shows_names_as_they_are() -> None:
    page = race_as_markdown(RACE)

    assert page.startswith("# Race on numbers\n\n> a wins.\n")
    assert "25.0 points behind a" in page
    assert "[x](http://y)" not in page
    assert "\\[x\\]" in page
    assert "Run abc123" in page


def test_a_race_that_is_not_over_shows_what_was_decided_so_far() -> None:
    unfinished = replace(RACE, outcome=UnfinishedRace())

    assert "> The race is not over." in race_as_markdown(unfinished)
    assert {"verdict": None, "winner": None, "tied": [], "ranking": []}.items() <= as_json(unfinished).items()
