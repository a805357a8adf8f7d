from collections.abc import Callable, Iterator
from types import SimpleNamespace
from typing import Any

import pytest
from staged_runs import store_staged_run
from stored_runs import Asked, answer, asked, numbers, right, store_run
from stored_stages import make_stage

from deployments.cli.show.case_page import _requests
from evaluation.candidate import Candidate, PromptProfile
from evaluation.case import Case
from evaluation.errors import FailureKind
from evaluation.generation import Failure, Generation
from evaluation.pipelines.stages import Passages
from evaluation.records.status import Status
from evaluation.results.cases import NoAnswerResult
from evaluation.run_results.stage_results import stage_result
from evaluation.store.session import Store, open_store

Command = Callable[..., Any]


@pytest.fixture
def store(database: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Store]:
    monkeypatch.delenv("COLUMNS", raising=False)
    with open_store(database) as opened:
        yield opened


def test_a_case_shows_prompt_answer_thinking_scores_and_timings(benchwright: Command, store: Store) -> None:
    cases = numbers(
        2, tags=("easy", "small"), cluster="digits", context=("One is 1.",), details={"source": {"page": 3}}
    )
    given = answer("<b>1</b>\nso", answer="1", thinking="hm", n_attempts=3, cold=True)
    store_run(
        store,
        asked("a:1b", right(cases) | {"c1": given}),
        cases=cases,
        metrics=("exact_match", "regex(pattern='1')"),
    )

    out = benchwright("show", "run-1", "--case", "c1").out

    for text in (
        "case c1 · numbers · run run-1 · completed",
        "reference:\n  │ 1\n",
        "context 1 of 1:\n  │ One is 1.\n",
        "cluster: digits\n",
        "tags: easy, small\n",
        'detail source:\n  │ {\n  │   "page": 3\n  │ }\n',
        "prompt as sent: user:\n  │ What is 1?\n",
        "answer:\n  │ 1\n",
        "raw text:\n  │ <b>1</b>\n  │ so\n",
        "thinking:\n  │ hm\n",
        "exact_match 1",
        "regex 1\n  │ matched '1'\n",
        "timings: total 1.5 s · first token after 0.25 s · queue 0.5 s · load 0.125 s · prompt 0.0625 s · "
        "generate 0.75 s · cold: waited for the model to load\n",
        "usage: 12 tokens in · 1,300 tokens out · finish reason stop · 3 attempts · seed 99\n",
        "server: here (ollama 0.33.0) · context 4096 · 75 % in VRAM, the rest on the CPU "
        "· finished 2026-05-04T03:02:01",
        "candidate: profile plain · digest digest-of-a:1b\n",
        "options: temperature=0.0 num_ctx=4096\n",
        "code 0.1.0+gabc\n",
    ):
        assert text in out, text


def test_requests_of_stages_are_counted_without_those_that_asked_nobody(benchwright: Command, store: Store) -> None:
    run_id = store_staged_run(store, "a note")

    out = benchwright("show", run_id, "--case", "c1").out

    assert " · 3 requests in 3 of 4 stages · " in out


@pytest.mark.parametrize(
    ("attempts", "said"),
    [
        ({"embed": 1, "search": 0, "chat": 1}, "2 requests in 2 of 3 stages"),
        ({"embed": 1, "search": 1, "chat": 1}, "2 requests in 2 of 3 stages"),  # as earlier versions stored it
        ({"embed": 0, "search": 0, "chat": 3}, "3 requests in 1 of 3 stages"),
        ({"chat": 1}, "1 request in 1 stage"),
    ],
)
def test_requests_and_their_stages_are_of_the_same_kinds(attempts: dict[str, int], said: str) -> None:
    stages = [
        stage_result(
            make_stage(
                1,
                kind=kind,
                model=None if kind == "search" else "m:1b",
                reply=Passages(passages=()),
                generation=Generation(answer="", text="", n_attempts=n),
            )
        )
        for kind, n in attempts.items()
    ]
    came_back = stages[0].came_back
    outcome: Any = SimpleNamespace(stages=stages, came_back=came_back, n_attempts=sum(attempts.values()))
    failed: Any = SimpleNamespace(stages=stages, came_back=NoAnswerResult(timings=None), n_attempts=8)

    assert said == _requests(outcome)
    assert f"{said}, 8 attempts at the one that failed" == _requests(failed)


def test_a_case_as_json_has_every_candidate_and_repeat(benchwright: Command, store: Store) -> None:
    cases = numbers(1)
    store_run(store, asked("a:1b", {"c0": [answer("0"), answer("1")]}), asked("b:1b"), cases=cases, n_repeats=2)

    found = benchwright("show", "--case", "c0", "--json").json

    assert ["a:1b", "b:1b"] == [candidate["candidate"] for candidate in found["candidates"]]
    assert [["answer", "answer"], ["missing", "missing"]] == [
        [outcome["outcome"] for outcome in candidate["outcomes"]] for candidate in found["candidates"]
    ]


def test_failures_of_both_kinds_are_told_apart(benchwright: Command, store: Store) -> None:
    down = Failure(kind=FailureKind.SERVER_DOWN, message="nobody listens", n_attempts=8, total_s=2.0)
    cut = Failure(kind=FailureKind.CUT_STREAM, message="")
    rambling = Generation(text="la la la", answer="", own_failure=FailureKind.REPEATED_ITSELF, message="la, 3 times")
    store_run(
        store,
        asked("a:1b", {"c0": [down, rambling, cut]}),
        cases=numbers(1),
        n_repeats=4,
        status=Status.CANCELLED,
    )

    out = benchwright("show", "--case", "c0").out
    first, second, third, fourth = out.split("a:1b · repeat ")[1:]

    assert first.startswith(
        "1 of 4\nThe server failed: server_down (counted, not scored):\n  │ nobody listens\nno score\n"
    )
    assert "timings: total 2 s\n" in first
    assert "answer:" not in first
    assert "The candidate failed: repeated_itself (scored as an empty answer):\n  │ la, 3 times\n" in second
    assert "raw text:\n  │ la la la\n" in second
    assert "exact_match 0" in second
    assert "\n  │ no message\n" in third
    assert "timings" not in third
    assert fourth.startswith("4 of 4\nno outcome is stored: it was not asked, or not answered before the run ended")


def test_an_empty_right_answer_is_shown_as_one_and_a_reused_one_is_marked(benchwright: Command, store: Store) -> None:
    cases = (Case(case_id="silence", prompt="Say nothing.", references=("",)),)
    store_run(store, asked("a:1b", {"silence": answer("", reused=True)}), cases=cases)

    out = benchwright("show", "--case", "silence").out

    assert "answer:\n  │ \n" in out
    assert "reused from an earlier run; excluded from timing figures" in out


def test_a_case_may_have_several_references_or_none_and_choices(benchwright: Command, store: Store) -> None:
    cases = (
        Case(case_id="many", prompt="?", references=("x", "y"), choices=("left", "right")),
        Case(case_id="none", prompt="?"),
    )
    store_run(store, asked("a:1b"), cases=cases, scored=False)

    many = benchwright("show", "--case", "many").out

    assert "reference 1:\n  │ x\nreference 2:\n  │ y\n" in many
    assert "choices:\n  │ left\n  │ right\n" in many
    assert "no reference\n" in benchwright("show", "--case", "none").out


def test_different_prompts_say_to_whom_they_were_sent(benchwright: Command, store: Store) -> None:
    profile = PromptProfile(name="terse", system="Be brief.")
    terse = Asked(candidate=Candidate(model="t:1b", digest=None, profile=profile, think=False, endpoint_identity="x"))
    store_run(store, asked("a:1b"), asked("b:1b"), terse, cases=numbers(1))

    out = benchwright("show", "--case", "c0").out

    assert "prompt as sent to a:1b, b:1b: user:\n  │ What is 0?\n" in out
    assert "prompt as sent to t:1b profile=terse think=false: system:\n  │ Be brief.\n" in out


def test_usage_leaves_out_what_the_server_did_not_say(benchwright: Command, store: Store) -> None:
    profile = PromptProfile(name="terse")
    candidate = Candidate(model="t:1b", digest=None, profile=profile, think=False, endpoint_identity="x")
    bare = Generation(text="0", answer="0")
    store_run(store, Asked(candidate=candidate, outcomes={"c0": bare}), cases=numbers(1))

    out = benchwright("show", "--case", "c0").out

    assert "usage: 1 attempt\n" in out
    assert "timings" not in out
    assert "candidate: profile terse · think False · digest none: unverified weights\n" in out


def test_an_unknown_case_is_answered_with_those_written_alike(benchwright: Command, store: Store) -> None:
    store_run(store, asked("a:1b"), cases=numbers(3))

    said = benchwright("show", "--case", "c10", "--json")

    assert 2 == said.code
    assert "unknown case of run run-1 'c10'; did you mean 'c" in said.json["error"]["message"]
    assert "benchwright show run-1 --json" in said.json["error"]["next"]


def test_no_line_of_an_answer_passes_for_one_of_ours(
    benchwright: Command, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "60")
    faked = "x" + " " * 55 + "exact_match 1\nb:1b\u2028answer:\r\nanswer:\n" + "long" * 40 + "\n漢字" * 40
    store_run(store, asked("a:1b", {"c0": answer(faked, answer="0")}), cases=numbers(1))

    lines = benchwright("show", "--case", "c0").out.splitlines()
    start, end = lines.index("raw text:"), next(i for i, line in enumerate(lines) if line.startswith("exact_match"))

    assert all(line.startswith("  │ ") and len(line) <= 60 for line in lines[start + 1 : end])
    assert "exact_match 1" in "".join(lines[start + 1 : end])
    assert 1 == lines.count("answer:")
    assert "b:1b" not in lines


@pytest.mark.parametrize("think", ["low", True])
def test_the_think_mode_is_shown(benchwright: Command, store: Store, think: bool | str) -> None:
    candidate = Candidate(model="t:1b", digest="d", think=think)
    store_run(store, Asked(candidate=candidate, outcomes={"c0": answer("0")}), cases=numbers(1))

    assert f"think {think} · digest d" in benchwright("show", "--case", "c0").out


@pytest.mark.parametrize(
    ("share", "words"),
    [(None, "context 4096 · finished"), (0.0, "· on the CPU ·"), (1.0, "· 100 % in VRAM · finished")],
)
def test_where_the_model_lay_is_said(benchwright: Command, store: Store, share: float | None, words: str) -> None:
    store_run(store, asked("a:1b", {"c0": answer("0")}, vram_share=share), cases=numbers(1))

    assert words in benchwright("show", "--case", "c0").out
