"""How a command ends whose judge's server failed: in mid-scoring, for few answers or for too many."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from scripted_ollama import Chat, Reply, ScriptedOllama

Command = Callable[..., Any]


def judge_failing_on(*numbers: int) -> Callable[[Chat], Reply]:
    def judge(chat: Chat) -> Reply:
        number = int(chat.prompt.split("What is ")[1].split("?")[0])
        verdict = Reply(text=json.dumps({"rationale": "so it is", "score": 3}))
        return Reply(status=500, error="runner crashed") if number in numbers else verdict

    return judge


def test_a_judge_that_fails_too_often_ends_the_command_with_3_and_a_resume_asks_it_again(
    evaluate: Command, benchwright: Command, benchmark: Path, ollama_by_script: ScriptedOllama
) -> None:
    ollama_by_script.add("good")
    ollama_by_script.add("judge", judge_failing_on(0, 1, 2, 3, 4, 5), digest="d" * 64)
    asked = ("--metric", "judge_rubric", "--judge", "judge")
    failed = evaluate("--benchmark", benchmark, "--model", "good", "--metric", "exact_match", *asked)

    assert 3 == failed.code
    said = " ".join((failed.out + failed.err).split())
    assert "· failed" in failed.out
    assert "judge_rubric by judge: 0 of 6 answers of good scored, 6 missing (" in said

    ollama_by_script.add("judge", judge_failing_on(), digest="d" * 64)
    again = benchwright("evaluate", "--resume", "last", "--json")
    assert (0, "completed") == (again.code, again.json["status"])

    ollama_by_script.add("other", judge_failing_on(0, 1, 2, 3, 4, 5), digest="e" * 64)
    scored = benchwright("score", "last", "--metric", "judge_rubric", "--judge", "other")
    assert 3 == scored.code
    assert "judge_rubric by other: 0 of 6 answers of good scored, 6 missing (" in " ".join(scored.err.split())
    assert "· completed" in scored.out
