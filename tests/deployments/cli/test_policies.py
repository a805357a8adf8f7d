"""Are policies made, changed, shown and ended on the command line, and wrong ones refused by name?"""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from filled_stores import fill_by_copy
from recommendable import fill

Command = Callable[..., Any]


@pytest.fixture
def policies(benchwright: Command, database: str) -> Command:
    """Runs `benchwright policies` on a store where `large` summarizes best and `small` classifies best."""
    fill_by_copy(database, fill)

    def command(*arguments: object) -> Any:
        return benchwright("policies", *arguments)

    return command


def test_a_policy_is_made_shown_changed_renewed_and_ended(policies: Command, tmp_path: Path) -> None:
    made = policies("create", "sum", "--task", "summarization", "--budget", "tokens=1e6", "--json").json
    shown = policies("show", "sum", "--json").json
    edited = policies("edit", "sum", "--no-budget", "--keep-texts", "--margin", "2", "--json").json
    renewed = policies("renew", "sum", "--candidate", "middle:1b", "--json").json
    ended = policies("end", "sum", "--json").json

    assert ("sum", "large:1b", {"tokens": 1_000_000}) == (
        made["name"],
        made["candidate_label"],
        {name: limit for name, limit in made["budget"].items() if limit is not None},
    )
    assert (made, 0) == (shown["policy"], shown["spent_today"]["n_calls"])
    assert (True, 2.0, {None}) == (edited["keeps_texts"], edited["margin"], set(edited["budget"].values()))
    assert ("middle:1b", True) == (renewed["candidate_label"], renewed["keeps_texts"])
    assert ended["ended_at"] is not None
    assert [] == policies("list", "--json").json
    assert ["sum"] == [policy["name"] for policy in policies("list", "--all", "--json").json]


def test_people_read_what_a_policy_stands_for_and_what_it_used(policies: Command) -> None:
    made = policies("create", "class", "--task", "classification", "--budget", "gpu_s=60,tokens=5000")
    listed, shown = policies("list").out, policies("show", "class").out

    assert "class stands for small:1b\n" == made.out
    assert "5,000 tokens" in " ".join(listed.split())
    assert "0 of 60 seconds of GPU" in shown
    assert "command line" in shown


def test_constraints_choose_the_candidate(policies: Command) -> None:
    quick = policies("create", "quick", "--task", "summarization", "--max-latency", "2s", "--json").json

    assert "middle:1b" == quick["candidate_label"]


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("create", "two words", "--task", "summarization"), "two words"),
        (("create", "sum", "--task", "summarisation"), "summari"),
        (("create", "taken", "--task", "summarization"), "taken"),
        (("create", "auto", "--task", "summarization"), "auto"),
        (("create", "a", "--task", "summarization", "--candidate", "nobody:1b"), "nobody:1b"),
        (("create", "a", "--task", "summarization", "--max-latency", "1ms"), "candidate"),
        (("create", "a", "--task", "summarization", "--budget", "token=5"), "did you mean 'tokens'"),
        (("create", "a", "--task", "summarization", "--budget", "tokens=-5"), "tokens is -5"),
        (("create", "a", "--task", "summarization", "--budget", "joules=5"), "joules"),
        (("create", "a", "--task", "summarization", "--when-spent", "stop"), "'stop'"),
        (("create", "a", "--task", "summarization", "--margin", "101"), "margin"),
        (("create", "a", "--task", "summarization", "--on-tie", "worst"), "worst"),
        (("edit", "taken", "--budget", "tokens=1", "--no-budget"), "contradict"),
        (("edit", "takne", "--margin", "1"), "did you mean 'taken'"),
        (("renew", "takne"), "takne"),
        (("end", "takne"), "takne"),
        (("show", "takne"), "takne"),
    ],
)
def test_a_wrong_policy_is_refused_by_name(policies: Command, words: tuple[str, ...], message: str) -> None:
    policies("create", "taken", "--task", "summarization")

    refused = policies(*words)

    assert refused.code in (2, 5)
    assert message in refused.err
    assert "Traceback" not in refused.err
