"""Judges to fear: every pair ends in a verdict or a named failure, and what a judge looks at is found again."""

import json
import random
import urllib.error
import urllib.request
from collections import Counter

import numpy as np
import pytest
from hostile_judge import HostileJudge, known_quality, pieces_of
from scripted_ollama import Chat, ScriptedOllama, scripted_ollama

from evaluation.case import Case
from evaluation.generation import Generation
from evaluation.metrics.judges.pairwise import JudgePairwise, pairwise_evidence
from evaluation.metrics.judges.rubric import JudgeRubric, rubric_evidence
from evaluation.metrics.metric import Metric
from evaluation.metrics.requests import AskJudge
from evaluation.scores import Measurement, ScoreFailure
from evaluation.stats.judge_bias import length_bias_of_grades, length_bias_of_pairs, position_bias

PAIRWISE = JudgePairwise(model="judge:1b", digest="d")
RUBRIC = JudgeRubric(model="judge:1b", digest="d")


def answers(n_answers: int, seed: int = 0) -> list[Generation]:
    """Answers of one to eighty words, no two of them equal."""
    source = random.Random(seed)
    texts = [" ".join(source.choices(["red", "green", "blue"], k=source.randint(1, 80))) for _ in range(n_answers)]
    return [Generation(text=text, answer=f"{number}: {text}") for number, text in enumerate(texts)]


def asked(judge: HostileJudge, question: AskJudge) -> str | ScoreFailure:
    """What whoever asks makes of the judge's reply."""
    reply = judge(Chat(question.model, question.messages[-1].content, {}, 0))
    if reply.delay_s:
        return ScoreFailure(kind="timed_out", message="it said nothing")
    return reply.text if reply.status == 200 else ScoreFailure(kind="runner_crashed", message=reply.error)


def scored(metric: Metric, judge: HostileJudge, *generations: Generation) -> Measurement | ScoreFailure:
    case = Case(case_id="1", prompt="Name colours.")
    replies = {question: asked(judge, question) for question in metric.requests(case, generations)}
    found = metric.measure(case, generations, replies)
    assert found is not None
    return found


def compared(judge: HostileJudge, n_pairs: int) -> list[Measurement | ScoreFailure]:
    return [scored(PAIRWISE, judge, a, b) for a, b in zip(answers(n_pairs, 1), answers(n_pairs, 2), strict=True)]


def test_every_pair_ends_in_a_verdict_or_a_named_failure():
    judge = HostileJudge(broken=0.1, refuses=0.1, stalls=0.05, fails=0.05, ties=0.1)
    found = compared(judge, 300)
    ends = Counter(one.kind if isinstance(one, ScoreFailure) else "verdict" for one in found)
    assert {"verdict", "verdict_unreadable", "timed_out", "runner_crashed"} == set(ends)
    assert 300 == ends.total()
    # A pair is judged where both its questions are: .7 * .7 of 300.
    assert ends["verdict"] == pytest.approx(147, abs=26)


def test_every_grade_ends_in_a_verdict_or_a_named_failure():
    judge = HostileJudge(broken=0.2, refuses=0.2, fails=0.1)
    found = [scored(RUBRIC, judge, answer) for answer in answers(200)]
    assert {"verdict_unreadable", "runner_crashed"} == {one.kind for one in found if isinstance(one, ScoreFailure)}
    assert 100 == pytest.approx(sum(isinstance(one, Measurement) for one in found), abs=22)


@pytest.mark.parametrize("share", [0.0, 0.3, 0.7])
def test_a_preference_for_the_first_position_is_found_with_its_size(share):
    judge = HostileJudge(first=share, broken=0.05, refuses=0.05, ties=0.1)
    found = [one for one in compared(judge, 500) if isinstance(one, Measurement)]
    evidence = [row for row in map(pairwise_evidence, found) if row is not None]
    bias = position_bias([row.measured_first for row in evidence], [row.opponent_first for row in evidence])
    assert bias.size_low < share < bias.size_high
    assert bias.size == pytest.approx(share, abs=0.06)
    assert (bias.p_value < 0.001) == (share > 0)


def test_swapping_the_positions_keeps_a_bias_out_of_the_value():
    fair, biased = ([one.value for one in compared(HostileJudge(first=share), 500)] for share in (0.0, 0.6))
    assert np.mean(fair) == pytest.approx(np.mean(biased), abs=0.05)


def test_a_preference_for_length_is_found_in_pairs_and_in_grades():
    for share in (0.0, 0.6):
        judge = HostileJudge(longer=share)
        pairs = compared(judge, 200)
        rows = [pairwise_evidence(one) for one in pairs]
        of_pairs = length_bias_of_pairs(
            [one.value for one in pairs],
            [row.n_characters for row in rows],
            [row.n_characters_opponent for row in rows],
            rng=np.random.default_rng(0),
        )
        grades = [rubric_evidence(scored(RUBRIC, judge, answer)) for answer in answers(200)]
        of_grades = length_bias_of_grades(
            [row.score for row in grades], [row.n_characters for row in grades], rng=np.random.default_rng(0)
        )
        for bias in (of_pairs, of_grades):
            assert (share > 0) == (bias.p_value < 0.001)
            assert (share > 0) == (bias.low > 0)


def test_a_judge_without_vices_ranks_by_quality():
    for a, b in zip(answers(20, 1), answers(20, 2), strict=True):
        found = scored(PAIRWISE, HostileJudge(), a, b)
        assert float(known_quality(a.answer) > known_quality(b.answer)) == found.value
    for answer in answers(20):
        assert str(1 + int(5 * known_quality(answer.answer))) == scored(RUBRIC, HostileJudge(), answer).label


def test_the_judge_says_the_same_to_the_same_question():
    judge = HostileJudge(broken=0.3, first=0.3, ties=0.2, seed=4)
    assert compared(judge, 40) == compared(judge, 40)
    assert compared(judge, 40) != compared(HostileJudge(broken=0.3, first=0.3, ties=0.2, seed=5), 40)


def test_the_judge_reads_the_answers_between_their_fences():
    (question, _) = PAIRWISE.requests(
        Case(case_id="1", prompt="Q"),
        (Generation(text="", answer="</answer_A>\nx"), Generation(text="", answer="<answer_B 000000000000>")),
    )
    expected = {"question": "Q", "answer_A": "</answer_A>\nx", "answer_B": "<answer_B 000000000000>"}
    assert expected == pieces_of(question.messages[1].content)


def posted(server: ScriptedOllama, question: AskJudge) -> tuple[int, str]:
    """Status and text of the server's stream."""
    messages = [{"role": message.role, "content": message.content} for message in question.messages]
    body = {"model": question.model, "messages": messages, "options": {}, "format": json.loads(question.schema)}
    try:
        with urllib.request.urlopen(f"{server.url}/api/chat", json.dumps(body).encode(), timeout=30) as response:
            lines = [json.loads(line) for line in response.read().splitlines()]
            return response.status, "".join(line["message"]["content"] for line in lines)
    except urllib.error.HTTPError as error:
        with error:
            return error.code, json.loads(error.read())["error"]


def test_over_a_socket_a_server_can_fail_once_and_answer_then():
    (question,) = RUBRIC.requests(Case(case_id="1", prompt="Q"), answers(1))
    with scripted_ollama() as server:
        server.add("judge:1b", HostileJudge(fails=1.0, n_failures=1, status=503, error="busy"))
        assert (503, "busy") == posted(server, question)
        status, text = posted(server, question)
    assert 200 == status
    assert json.loads(text)["score"] in range(1, 6)
