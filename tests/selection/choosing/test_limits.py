"""What is advised where no candidate is left."""

import math

import pytest
from scored_tables import named, standing_of

from evaluation.errors import SelectionError
from evaluation.records.evidence import Choosable, Place
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
