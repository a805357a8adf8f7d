"""What is advised where no candidate is left."""

import math
from dataclasses import replace

import pytest
from scored_tables import named, standing_of

from evaluation.errors import SelectionError
from evaluation.records.evidence import Choosable, OwnFailures, Place
from selection.choosing.choice import choose
from selection.choosing.limits import _Limit
from selection.preferences import Constraints, Question
from selection.scoreboard import Scoreboard


def _advice(constraints: Constraints, *candidates: Choosable) -> str:
    standing = standing_of([0.7, 0.6])
    board = Scoreboard(candidates=candidates, standings={"qa": standing}, overall=standing, fingerprint="x")
    with pytest.raises(SelectionError) as refused:
        choose(board, Question(task="qa", constraints=constraints))
    return refused.value.next_step or ""


def test_a_capability_that_nobody_has_is_answered_with_those_that_are_known() -> None:
    able = named("a", capabilities=frozenset({"vision", "tools"})), named("b", capabilities=frozenset({"tools"}))
    wish = Constraints(capabilities=("visoin",))

    assert _advice(wish, *able).startswith("Known capabilities: tools and vision. Require only these")
    assert _advice(wish, named("a"), named("b")).startswith("None of them has known capabilities: require none")


def test_a_server_that_nobody_has_is_answered_with_those_that_are_known_harmlessly() -> None:
    place = Place(name="gpu-1\x1b[2J\nerror: forged", url=None, provider="ollama")
    advice = _advice(Constraints(endpoints=("gpu1",)), named("a", places=(place,)), named("b"))

    assert advice.startswith("Known endpoints: gpu-1")
    assert "\n" not in advice
    assert "\x1b" not in advice


def test_a_latency_that_is_not_known_since_all_prompts_were_kept_says_so() -> None:
    limit = _Limit("max_latency_s", "takes", "over", " s", "latency")
    removed = limit.verdict(named("a"), math.nan, 0.5, n_cached=12)

    assert removed is not None
    assert (
        "its latency is not known (servers had cached the prompts of its 12 answers), but at most 0.5 s is required"
        == removed.reason
    )
    plain = limit.verdict(named("a"), math.nan, 0.5)
    assert plain is not None
    assert "its latency is not known, but at most 0.5 s is required" == plain.reason


FAILS = {
    "qa": OwnFailures(n=11, of_n=12, kind="pipeline_failed"),
    "law": OwnFailures(n=1, of_n=100, kind="empty_answer"),
}


def test_a_candidate_that_nearly_always_fails_by_itself_is_not_named_and_the_reason_is_said() -> None:
    standing = standing_of([0.9, 0.6])
    board = Scoreboard(
        candidates=(named("a", own_failures=FAILS), named("b")),
        standings={"qa": standing, "law": replace(standing, task="law")},
        overall=standing,
        fingerprint="x",
    )

    on_task, on_other, by_rules = (
        choose(board, question)
        for question in (
            Question(task="qa"),
            Question(task="law"),
            Question(task="other", on_little_evidence="rules"),
        )
    )

    assert on_task.chosen is not None
    assert "b" == on_task.chosen.label
    (removal,) = on_task.removed
    assert ("own_failures", "failed by itself in 11 of 12 answers, mostly by pipeline_failed") == (
        removal.constraint,
        removal.reason,
    )
    assert ["a", "a"] == [choice.chosen.label for choice in (on_other, by_rules) if choice.chosen is not None]


def test_where_all_fail_by_themselves_the_error_says_so() -> None:
    advice = _advice(Constraints(), named("a", own_failures=FAILS), named("b", own_failures=FAILS))

    assert "says why it fails" in advice


def test_a_server_may_be_named_by_its_url() -> None:
    here = Place(name="box", url="http://127.0.0.1:11434", provider="ollama")
    there = Place(name="other", url="http://other:11434", provider="ollama")
    standing = standing_of([0.9, 0.6])
    board = Scoreboard(
        candidates=(named("a", places=(there,)), named("b", places=(here, there))),
        standings={"qa": standing},
        overall=standing,
        fingerprint="x",
    )

    choice = choose(board, Question(task="qa", constraints=Constraints(endpoints=("http://127.0.0.1:11434/",))))

    assert choice.chosen is not None
    assert ("b", (here,)) == (choice.chosen.label, choice.chosen.places)
