"""Prompts that a server had read before are told by its own figures, as far as it gives any."""

from typing import Any

import numpy as np
import pytest

from evaluation.generation import PromptState
from evaluation.store.prompt_cache import KEPT_FOR_S, PromptReading, judge_readings

FRESH, CACHED, UNKNOWN = PromptState.FRESH, PromptState.CACHED, PromptState.UNKNOWN


def reading(case_id: str, sent_at_s: float, **known: Any) -> PromptReading:
    given: dict[str, Any] = {"server": "here", "profile": "plain", "prompt_tokens": 20, "cached_tokens": None}
    return PromptReading(case_id=case_id, sent_at_s=sent_at_s, **given | {"prompt_s": None} | known)


def test_ollama_counts_a_kept_prompt_in_full_and_is_quick_with_it():
    """224.7 ms and then 23.2 ms for the same 21 tokens, measured on Ollama 0.33."""
    readings = [
        reading("a", 0, prompt_tokens=21, prompt_s=0.2247),
        reading("a", 1, prompt_tokens=21, prompt_s=0.0232),
        reading("b", 2, prompt_tokens=13, prompt_s=0.1077),
        reading("c", 3, prompt_tokens=17, prompt_s=0.1334),
    ]

    assert [FRESH, CACHED, FRESH, FRESH] == judge_readings(readings)


def test_a_server_without_a_prompt_cache_reads_every_prompt_again():
    rng = np.random.default_rng(0)
    readings = [reading(f"q{i % 12}", i, prompt_s=0.2 * rng.uniform(0.6, 1.6)) for i in range(48)]

    assert {FRESH} == set(judge_readings(readings))


def test_the_beginning_that_all_prompts_share_makes_no_prompt_a_cached_one():
    """900 tokens of worked examples are read once; after that 100 are, of every question that is new."""
    first = [reading(f"q{i}", i, prompt_tokens=1000, prompt_s=1.0 if i == 0 else 0.1) for i in range(8)]
    second = [reading(f"q{i}", 100 + i, prompt_tokens=1000, prompt_s=0.002) for i in range(8)]

    assert [FRESH] * 8 + [CACHED] * 8 == judge_readings([*first, *second])


def test_tokens_that_a_server_says_it_had_kept_count_before_its_seconds():
    first = [reading(f"q{i}", i, prompt_tokens=100, cached_tokens=60, prompt_s=0.1) for i in range(4)]
    second = [reading(f"q{i}", 9 + i, prompt_tokens=100, cached_tokens=99, prompt_s=0.1) for i in range(4)]
    again = [reading(f"q{i}", 19 + i, prompt_tokens=100, cached_tokens=60, prompt_s=0.001) for i in range(4)]

    assert [FRESH] * 4 + [CACHED] * 4 + [FRESH] * 4 == judge_readings([*first, *second, *again])


def test_a_prompt_that_is_known_to_its_last_token_was_cached_for_somebody_else():
    assert [CACHED] == judge_readings([reading("a", 0, prompt_tokens=100, cached_tokens=99)])


@pytest.mark.parametrize("counted", [None, 2])
def test_an_old_server_leaves_out_the_tokens_that_it_had_kept(counted: int | None):
    readings = [reading("a", 0, prompt_s=0.2), reading("a", 1, prompt_tokens=counted, prompt_s=0.0)]

    assert [FRESH, CACHED] == judge_readings(readings)


def test_a_server_that_says_nothing_leaves_it_open_where_the_prompt_was_sent_before():
    readings = [reading("a", 0), reading("a", 1), reading("b", 2), reading("a", 3 + KEPT_FOR_S)]

    assert [FRESH, UNKNOWN, FRESH, FRESH] == judge_readings(readings)


def test_another_server_has_not_read_the_prompt():
    readings = [reading("a", 0, prompt_s=0.2), reading("a", 1, prompt_s=0.004, server="there")]

    assert [FRESH, FRESH] == judge_readings(readings)


def test_another_profile_with_the_same_beginning_may_find_the_prompt_cached():
    """Half of the cases were asked with it first; those say what its prompts usually take."""
    plain = [reading(f"q{i}", 10 * i + i % 2, prompt_s=0.2 if i % 2 == 0 else 0.004) for i in range(8)]
    ending = [
        reading(f"q{i}", 10 * i + (i + 1) % 2, prompt_s=0.004 if i % 2 == 0 else 0.2, profile="ending")
        for i in range(8)
    ]

    assert [FRESH, CACHED] * 4 + [CACHED, FRESH] * 4 == judge_readings([*plain, *ending])


def test_a_server_that_gives_no_figures_of_prompts_leaves_a_repeated_prompt_unknown():
    readings = [
        PromptReading(
            server="s", profile="p", case_id="q", sent_at_s=at, prompt_tokens=None, cached_tokens=None, prompt_s=0.0
        )
        for at in (0.0, 1.0)
    ]
    assert [PromptState.FRESH, PromptState.UNKNOWN] == judge_readings(readings)


def twelve(at: float, *, prompt_s: float, candidate: str, spread: float = 0.1, **known: Any) -> list[PromptReading]:
    """The same twelve prompts, sent by one candidate, of about that many seconds."""
    rng = np.random.default_rng(int(at) + 7)
    seconds = prompt_s * np.exp(rng.normal(0, spread, 12))
    return [reading(f"q{i}", at + i, prompt_s=float(s), candidate=candidate, **known) for i, s in enumerate(seconds)]


@pytest.mark.parametrize("kept_s", [0.009, 0.012, 0.018, 0.024])
def test_short_prompts_that_all_come_somewhat_sooner_may_have_been_kept(kept_s: float):
    """A fast server reads them in 30 ms, and needs a third of that, or most of it, to find them."""
    first = twelve(0, prompt_s=0.03, candidate="first")
    second = twelve(100, prompt_s=kept_s, candidate="second")

    states = judge_readings([*first, *second])

    assert [FRESH] * 12 == states[:12]
    assert UNKNOWN in states
    assert FRESH not in states[12:]


def test_prompts_that_take_as_long_as_when_they_were_new_were_read_again():
    """The model was loaded anew between the two; in five of a hundred such cases chance says otherwise."""
    n_fresh = 0
    for at in range(100, 4100, 100):
        readings = [
            *twelve(0, prompt_s=0.03, candidate="first"),
            *twelve(at, prompt_s=0.03, candidate="second", spread=0.2),
        ]
        n_fresh += judge_readings(readings)[12:] == [FRESH] * 12

    assert n_fresh >= 34


def test_a_server_that_was_slower_for_a_while_has_kept_nothing():
    first = twelve(0, prompt_s=0.03, candidate="first")

    assert {FRESH} == set(judge_readings([*first, *twelve(100, prompt_s=0.05, candidate="second")]))


def test_of_two_that_were_asked_in_turn_each_read_half_of_the_prompts():
    """Half of them were new for one, half for the other; to find one takes half of the time that reading takes."""
    readings = [
        reading(
            f"q{i}",
            10 * i + (0 if (i + number) % 2 == 0 else 5),
            prompt_s=0.03 if (i + number) % 2 == 0 else 0.015,
            candidate=str(number),
        )
        for number in range(2)
        for i in range(12)
    ]

    assert [FRESH, UNKNOWN] * 6 + [UNKNOWN, FRESH] * 6 == judge_readings(readings)


def test_a_server_that_leaves_a_zero_out_counts_nevertheless():
    """It reads the last 16 tokens of 120 again, and says what it had kept only where it had kept something."""
    first = [reading(f"q{i}", i, prompt_tokens=120, prompt_s=0.06) for i in range(12)]
    second = [reading(f"q{i}", 100 + i, prompt_tokens=120, cached_tokens=104, prompt_s=0.02) for i in range(12)]
    after_a_restart = [reading(f"q{i}", 200 + i, prompt_tokens=120, prompt_s=0.02) for i in range(12)]

    assert [FRESH] * 12 + [CACHED] * 12 + [FRESH] * 12 == judge_readings([*first, *second, *after_a_restart])


def test_a_prompt_half_of_which_was_kept_is_neither_fresh_nor_cached():
    first = [reading(f"q{i}", i, prompt_tokens=120, cached_tokens=0) for i in range(6)]
    second = [reading(f"q{i}", 100 + i, prompt_tokens=120, cached_tokens=60) for i in range(6)]

    assert [FRESH] * 6 + [UNKNOWN] * 6 == judge_readings([*first, *second])
