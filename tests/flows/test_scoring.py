"""From answers to scores that somebody else is asked for: judges, embedders; and what they fail to give."""

import asyncio
import json
import re
from collections.abc import Callable
from typing import Any

import pytest
from hostile_judge import HostileJudge
from looking_back import died_with_a_slot
from prefect import get_client
from prefect.client.schemas.filters import ArtifactFilter, ArtifactFilterKey
from prefect.client.schemas.objects import Artifact
from scripted_ollama import Chat, Reply, ScriptedOllama

from evaluation.errors import FailureKind, TransientProviderError
from evaluation.records.runs import RunRecord
from evaluation.records.status import Status
from evaluation.reports.runs.tables import remarks
from evaluation.retry_schedule import RetrySchedule
from evaluation.run_results.run_result import invocation_result
from evaluation.store.holders import dead_holders
from evaluation.store.runs import runs_of_invocation
from evaluation.store.scores import count_score_failures, iterate_scores
from evaluation.store.session import Store
from tasks.generation import attempt
from tasks.scoring.progress import at_work

Evaluate = Callable[..., Any]
Benchmarks = Callable[..., str]


def verdict(score: int) -> Reply:
    return Reply(text=json.dumps({"rationale": "so it is", "score": score}))


def strict_judge(chat: Chat) -> Reply:
    return verdict(5 if "I do not know" not in chat.prompt else 1)


def wrong(_chat: Chat) -> Reply:
    return Reply(text="I do not know")


def one_run(store: Store, invocation_id: str) -> RunRecord:
    (run,) = runs_of_invocation(store, invocation_id)
    return run


def values(store: Store, invocation_id: str, candidate: int, metric: str) -> list[float]:
    run = one_run(store, invocation_id)
    signature = next(use.signature for use in run.plan.metrics if use.name == metric)
    row_id = run.candidates[candidate].run_candidate_id
    return [found.measurement.value for found in iterate_scores(store, row_id, signature)]


@pytest.fixture
def score(evaluate: Evaluate) -> Callable[..., Any]:
    """Runs the flow that scores stored answers anew, with that request."""

    def run(**request: Any) -> Any:
        from evaluation.requests.score_request import ScoreRequest
        from flows.score import score as flow

        running: Any = flow(ScoreRequest(**request), return_state=True)
        return asyncio.run(running)

    return run


def test_a_judge_is_asked_after_the_last_answer_in_one_load(
    evaluate: Evaluate, store: Store, ollama_by_script: ScriptedOllama, benchmark_file: Benchmarks
) -> None:
    ollama_by_script.add("good")
    ollama_by_script.add("bad", wrong)
    ollama_by_script.add("judge", strict_judge)

    state = evaluate(
        benchmark_file(5),
        models=["good", "bad"],
        metrics=["judge_rubric", "exact_match"],
        judges=["judge"],
        invocation_id="one",
    )

    assert state.is_completed()
    assert [1.0] * 5 == values(store, "one", 0, "judge_rubric")
    assert [0.0] * 5 == values(store, "one", 1, "judge_rubric")
    assert ["good", "bad", "judge"] == [name for name, _ in ollama_by_script.loads]
    assert 10 == sum(ollama_by_script.asked("judge").values())
    assert all(chat.options["temperature"] == 0 for chat in ollama_by_script.chats if chat.model == "judge")
    digest = ollama_by_script.models["judge"].digest
    (run,) = invocation_result(store, "one").runs
    assert f"model='judge', digest='{digest}'" in run.metrics["judge_rubric"]


def test_several_judges_give_scores_of_their_own(
    evaluate: Evaluate, store: Store, ollama_by_script: ScriptedOllama, benchmark_file: Benchmarks
) -> None:
    ollama_by_script.add("good")
    ollama_by_script.add("mild", lambda _: verdict(4))
    ollama_by_script.add("harsh", lambda _: verdict(2))

    evaluate(
        benchmark_file(4), models=["good"], metrics=["judge_rubric"], judges=["mild", "harsh"], invocation_id="one"
    )

    (run,) = invocation_result(store, "one").runs
    found = {key: metric.value for key, metric in run.candidates[0].metrics.items() if "judge" in key}
    assert {"judge_rubric by mild": 0.75, "judge_rubric by harsh": 0.25} == found
    assert "judge_rubric by mild" == run.headline


def test_a_judge_that_no_metric_asks_is_told_of(
    evaluate: Evaluate,
    ollama_by_script: ScriptedOllama,
    benchmark_file: Benchmarks,
    caplog: pytest.LogCaptureFixture,
) -> None:
    ollama_by_script.add("good")
    ollama_by_script.add("judge", strict_judge)

    state = evaluate(benchmark_file(3), models=["good"], metrics=["exact_match"], judges=["judge"])

    assert state.is_completed()
    assert "no metric asks the judge judge" in caplog.text
    assert 3 == len(ollama_by_script.chats)


def test_every_case_ends_in_a_verdict_or_a_named_failure(
    evaluate: Evaluate, store: Store, ollama_by_script: ScriptedOllama, benchmark_file: Benchmarks
) -> None:
    def moody(chat: Chat) -> Reply:
        number = chat.prompt.split("What is ")[1].split("?")[0]
        return {
            "0": Reply(text="Surely a five!"),
            "1": Reply(status=500, error="runner crashed"),
            "2": Reply(text='{"score": 9, "rationale": "x"}'),
        }.get(number, verdict(3))

    ollama_by_script.add("good")
    ollama_by_script.add("judge", moody)

    state = evaluate(
        benchmark_file(6),
        models=["good"],
        metrics=["judge_rubric"],
        judges=["judge"],
        max_failures="20%",
        invocation_id="one",
    )

    assert state.is_completed()
    assert [0.5] * 3 == values(store, "one", 0, "judge_rubric")
    row_id = one_run(store, "one").candidates[0].run_candidate_id
    ((use, kinds),) = count_score_failures(store, row_id)
    assert ("judge_rubric", 3, 2) == (use.name, sum(kinds.values()), kinds["verdict_unreadable"])


def test_a_pair_is_shown_in_both_orders_and_the_first_candidate_is_the_opponent(
    evaluate: Evaluate, store: Store, ollama_by_script: ScriptedOllama, benchmark_file: Benchmarks
) -> None:
    def first_is_better(_chat: Chat) -> Reply:
        return Reply(text=json.dumps({"rationale": "it came first", "verdict": "A"}))

    ollama_by_script.add("good")
    ollama_by_script.add("bad", wrong)
    ollama_by_script.add("judge", first_is_better)

    evaluate(
        benchmark_file(4),
        models=["good", "bad"],
        metrics=["judge_pairwise", "exact_match"],
        judges=["judge"],
        invocation_id="one",
    )

    assert [] == values(store, "one", 0, "judge_pairwise")
    assert [0.5] * 4 == values(store, "one", 1, "judge_pairwise")
    assert 8 == sum(ollama_by_script.asked("judge").values())


def test_a_judge_that_cannot_be_loaded_fails_the_run_and_no_other_score(
    evaluate: Evaluate, store: Store, ollama_by_script: ScriptedOllama, benchmark_file: Benchmarks
) -> None:
    ollama_by_script.add("good")
    ollama_by_script.add("judge", strict_judge, load_error=(500, "out of memory"))

    state = evaluate(
        benchmark_file(3),
        models=["good"],
        metrics=["exact_match", "judge_rubric"],
        judges=["judge"],
        invocation_id="one",
    )

    assert state.is_failed()
    assert [1.0] * 3 == values(store, "one", 0, "exact_match")
    run = one_run(store, "one")
    ((_, kinds),) = count_score_failures(store, run.candidates[0].run_candidate_id)
    assert {"judge_not_loaded": 3} == kinds
    assert Status.FAILED is run.status
    assert (
        "judge_rubric by judge: 0 of 3 answers of good scored, 3 missing (3 judge_not_loaded); "
        f"`benchwright evaluate --resume {run.plan.run_id}` asks them again"
    ) == run.reason


def crashing(*numbers: int) -> Callable[[Chat], Reply]:
    """A judge whose server does not answer about those cases."""

    def judge(chat: Chat) -> Reply:
        number = int(chat.prompt.split("What is ")[1].split("?")[0])
        return Reply(status=500, error="runner crashed") if number in numbers else verdict(3)

    return judge


def test_few_missing_verdicts_stand_below_the_results_and_do_not_fail_the_run(
    evaluate: Evaluate, store: Store, ollama_by_script: ScriptedOllama, benchmark_file: Benchmarks
) -> None:
    ollama_by_script.add("good")
    ollama_by_script.add("judge", crashing(7))

    state = evaluate(
        benchmark_file(10), models=["good"], metrics=["judge_rubric"], judges=["judge"], invocation_id="one"
    )

    assert state.is_completed()
    (run,) = invocation_result(store, "one").runs
    assert "completed" == run.status
    assert (
        "good: 1 answer without a score on judge_rubric: 1 runner_crashed; 9 of 10 have one; "
        f"`benchwright evaluate --resume {run.run_id}` or the same `benchwright score` retries the others"
    ) in remarks(run)


def test_too_many_missing_verdicts_fail_the_run_and_a_resume_mends_it(
    evaluate: Evaluate, store: Store, ollama_by_script: ScriptedOllama, benchmark_file: Benchmarks
) -> None:
    ollama_by_script.add("good")
    ollama_by_script.add("judge", crashing(7, 8))
    asked = {"models": ["good"], "metrics": ["judge_rubric"], "judges": ["judge"], "invocation_id": "one"}
    benchmark = benchmark_file(10)
    state = evaluate(benchmark, **asked)
    assert state.is_failed()
    reason = str(one_run(store, "one").reason)
    assert "judge_rubric by judge: 8 of 10 answers of good scored, 2 missing (2 runner_crashed)" in reason

    ollama_by_script.add("judge", strict_judge, digest=ollama_by_script.models["judge"].digest)
    again = evaluate(benchmark, **asked)

    assert again.is_completed()
    run = one_run(store, "one")
    assert (Status.COMPLETED, None) == (run.status, run.reason)
    assert [0.5] * 7 + [0.5, 1.0, 1.0] == sorted(values(store, "one", 0, "judge_rubric"))


def test_scoring_anew_by_a_judge_that_is_gone_fails_and_leaves_the_run_as_it_was(
    evaluate: Evaluate,
    score: Callable[..., Any],
    store: Store,
    ollama_by_script: ScriptedOllama,
    benchmark_file: Benchmarks,
) -> None:
    ollama_by_script.add("good")
    ollama_by_script.add("judge", crashing(*range(5)))
    evaluate(benchmark_file(5), models=["good"], invocation_id="one")

    state = score(run="last", metrics=["judge_rubric"], judges=["judge"])

    assert state.is_failed()
    assert "judge_rubric by judge: 0 of 5 answers of good scored, 5 missing (5 runner_crashed)" in str(state.message)
    assert Status.COMPLETED is one_run(store, "one").status


def test_an_embedder_whose_server_fails_fails_the_run(
    evaluate: Evaluate,
    store: Store,
    ollama_by_script: ScriptedOllama,
    benchmark_file: Benchmarks,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def down(*_: Any) -> Any:
        raise TransientProviderError("nobody listens", FailureKind.SERVER_DOWN)

    monkeypatch.setattr("evaluation.providers.ollama.OllamaProvider.embed", down)
    ollama_by_script.add("good")
    ollama_by_script.add("vectors", capabilities=("embedding",))

    state = evaluate(
        benchmark_file(3),
        models=["good"],
        metrics=["exact_match", "semantic_similarity"],
        embedder="vectors",
        invocation_id="one",
    )

    assert state.is_failed()
    reason = str(one_run(store, "one").reason)
    assert "semantic_similarity by vectors: 0 of 3 answers of good scored, 3 missing (3 server_down)" in reason
    assert [1.0] * 3 == values(store, "one", 0, "exact_match")


def test_each_text_is_embedded_once_for_all_candidates_and_runs(
    evaluate: Evaluate, store: Store, ollama_by_script: ScriptedOllama, benchmark_file: Benchmarks
) -> None:
    ollama_by_script.add("good")
    ollama_by_script.add("bad", wrong)
    ollama_by_script.add("vectors", capabilities=("embedding",))
    asked = {"models": ["good", "bad"], "metrics": ["semantic_similarity"], "embedder": "vectors"}

    evaluate(benchmark_file(4), **asked, invocation_id="one")
    evaluate(benchmark_file(4), **asked, invocation_id="two")

    assert {"0": 1, "1": 1, "2": 1, "3": 1, "I do not know": 1} == ollama_by_script.embedded
    assert [1.0] * 4 == [round(value, 6) for value in values(store, "two", 0, "semantic_similarity")]
    assert max(values(store, "two", 1, "semantic_similarity")) < 1.0


def test_a_metric_that_asks_nobody_is_refused_before_a_token_is_spent(
    evaluate: Evaluate, ollama_by_script: ScriptedOllama, benchmark_file: Benchmarks
) -> None:
    ollama_by_script.add("good")

    state = evaluate(benchmark_file(3), models=["good"], metrics=["judge_rubric"])

    assert state.is_failed()
    assert "needs a judge" in str(state.message)
    assert [] == ollama_by_script.chats


def test_stored_answers_are_scored_anew_without_a_generation(
    evaluate: Evaluate,
    score: Callable[..., Any],
    store: Store,
    ollama_by_script: ScriptedOllama,
    benchmark_file: Benchmarks,
) -> None:
    ollama_by_script.add("good")
    ollama_by_script.add("judge", strict_judge)
    evaluate(benchmark_file(5), models=["good"], invocation_id="one")
    n_asked = len(ollama_by_script.chats)
    died_with_a_slot(store)

    state = score(run="last", metrics=["token_f1", "judge_rubric"], judges=["judge"], slots=4)

    assert state.is_completed()
    assert () == dead_holders(store)
    assert 5 == len(ollama_by_script.chats) - n_asked
    (run,) = invocation_result(store, "one").runs
    found = {key: run.candidates[0].metrics[key].value for key in ("exact_match", "token_f1", "judge_rubric")}
    assert {"exact_match": 1.0, "token_f1": 1.0, "judge_rubric": 1.0} == found


def test_what_a_judge_has_scored_is_not_asked_again_but_its_failures_are(
    evaluate: Evaluate,
    score: Callable[..., Any],
    store: Store,
    ollama_by_script: ScriptedOllama,
    benchmark_file: Benchmarks,
) -> None:
    def moody(chat: Chat) -> Reply:
        return Reply(text="no") if "What is 3?" in chat.prompt and not chat.n_before else verdict(3)

    ollama_by_script.add("good")
    ollama_by_script.add("judge", moody)
    evaluate(benchmark_file(5), models=["good"], metrics=["judge_rubric"], judges=["judge"], invocation_id="one")
    assert [0.5] * 4 == values(store, "one", 0, "judge_rubric")
    n_asked = len(ollama_by_script.chats)

    score(run="last", metrics=["judge_rubric"], judges=["judge"])

    assert 1 == len(ollama_by_script.chats) - n_asked
    assert [0.5] * 5 == values(store, "one", 0, "judge_rubric")


def test_a_hostile_judge_leaves_a_verdict_or_a_named_failure_of_every_case_and_its_bias_is_found(
    evaluate: Evaluate,
    store: Store,
    ollama_by_script: ScriptedOllama,
    benchmark_file: Benchmarks,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(attempt, "ASK_S", 60.0)  # this process may be too busy to say in two seconds that it lives
    # each attempt at a question that stalls takes its time
    monkeypatch.setattr("tasks.scoring.metric_server.RETRIES", RetrySchedule(max_attempts=2))
    judge = HostileJudge(broken=0.08, refuses=0.04, stalls=0.02, fails=0.04, first=0.6, stall_s=30.0)
    ollama_by_script.add("good", lambda chat: Reply(text=f"It is {chat.prompt}"))
    ollama_by_script.add("bad", wrong)
    ollama_by_script.add("judge", judge)

    state = evaluate(
        benchmark_file(120),
        models=["good", "bad"],
        metrics=["judge_pairwise"],
        judges=["judge"],
        slots=16,
        timeout_s=4.0,
        max_failures="50%",
        invocation_id="one",
    )

    assert state.is_completed()
    row_id = one_run(store, "one").candidates[1].run_candidate_id
    ((_, kinds),) = count_score_failures(store, row_id)
    assert 120 == len(values(store, "one", 1, "judge_pairwise")) + sum(kinds.values())
    assert {"verdict_unreadable", "runner_crashed", "timed_out"} == kinds.keys()
    (run,) = invocation_result(store, "one").runs
    (said,) = (line for line in run.judging if "position" in line)
    assert said.startswith("judge judge prefers the first position: ")
    share = int(re.search(r": (\d+) ?%", said)[1])  # type: ignore[index]
    assert 70 <= share <= 92, said


def test_a_resume_that_has_only_scores_left_loads_the_judge_alone(
    evaluate: Evaluate, store: Store, ollama_by_script: ScriptedOllama, benchmark_file: Benchmarks
) -> None:
    def moody(chat: Chat) -> Reply:
        return Reply(text="no") if "What is 3?" in chat.prompt and not chat.n_before else verdict(3)

    ollama_by_script.add("good")
    ollama_by_script.add("judge", moody)
    asked = {"models": ["good"], "metrics": ["judge_rubric"], "judges": ["judge"], "invocation_id": "one"}
    benchmark = benchmark_file(5)
    evaluate(benchmark, **asked)
    n_loads = len(ollama_by_script.loads)

    state = evaluate(benchmark, **asked)

    assert state.is_completed()
    assert ["judge"] == [name for name, _ in ollama_by_script.loads[n_loads:]]
    assert [0.5] * 5 == values(store, "one", 0, "judge_rubric")


def test_a_pairwise_judge_is_refused_for_a_run_of_one_candidate(
    evaluate: Evaluate, score: Callable[..., Any], ollama_by_script: ScriptedOllama, benchmark_file: Benchmarks
) -> None:
    ollama_by_script.add("good")
    ollama_by_script.add("judge", strict_judge)
    evaluate(benchmark_file(3), models=["good"], invocation_id="one")

    state = score(run="last", metrics=["judge_pairwise"], judges=["judge"])

    assert state.is_failed()
    assert "compares candidates, and there is only one: good" in str(state.message)


def test_the_progress_of_a_judge_has_a_total_over_all_candidates(
    evaluate: Evaluate, store: Store, ollama_by_script: ScriptedOllama, benchmark_file: Benchmarks, prefect_api: str
) -> None:
    ollama_by_script.add("good")
    ollama_by_script.add("bad", wrong)
    ollama_by_script.add("counting-judge", HostileJudge())

    state = evaluate(
        benchmark_file(5),
        models=["good", "bad"],
        metrics=["judge_pairwise", "judge_rubric"],
        judges=["counting-judge"],
        invocation_id="one",
    )

    assert state.is_completed()
    (progress,) = artifacts("progress-judge-counting-judge")
    # Five pairs, since nobody is compared with itself, and a grade for each of ten answers.
    # Prefect reads descriptions as Markdown, so that names are escaped.
    assert (100.0, r"judge counting\-judge: 15 of 15 scores") == (
        progress.data,
        (progress.description or "").partition(",")[0],
    )
    assert [] == at_work


def artifacts(key: str) -> list[Artifact]:
    """Every version of Prefect's artifact of that name."""

    async def read() -> list[Artifact]:
        async with get_client() as client:
            return await client.read_artifacts(artifact_filter=ArtifactFilter(key=ArtifactFilterKey(any_=[key])))

    return asyncio.run(read())
