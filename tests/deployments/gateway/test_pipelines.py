"""Candidates with pipelines behind the gateway: answers in both protocols, records, budgets, fallbacks, refusals."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import ollama
import openai
import pytest
from gateways import Behind, candidate, gateway_over
from recommendable import N_CASES
from scripted_upstream import Fault
from served import eventually
from stored_runs import Asked, answer, store_run

from evaluation.candidate import Candidate, PipelineChoice
from evaluation.case import Benchmark, Case
from evaluation.errors import ConfigurationError
from evaluation.pipelines.parsing import parse_pipeline
from evaluation.records.policies import Budget, Policy, TrialMode
from evaluation.resolution.resolved_candidate import signature_of
from evaluation.retrieval.documents import read_corpus
from evaluation.store.benchmarks import save_benchmark
from evaluation.store.session import Store
from evaluation.store.traffic import list_traffic
from selection.policies.definition import create_policy
from selection.policies.settings import PolicySettings
from selection.policies.trials import start_trial
from selection.preferences import Constraints, Question

TASK = "poetry"
HELLO: Any = [{"role": "user", "content": "hello"}]


@pytest.fixture
def store_url(sqlite_url: str) -> str:
    return sqlite_url


@pytest.fixture
def behind(store: Store) -> Iterator[Behind]:
    with gateway_over(store) as gateway:
        yield gateway


def with_pipeline(name: str, models: dict[str, str] | None = None, **options: str) -> Candidate:
    """The small model with a pipeline, as an evaluation stores it."""
    pipeline = parse_pipeline(name, options)
    corpus = None if pipeline.corpus_path is None else read_corpus(Path(pipeline.corpus_path)).digest
    chosen = PipelineChoice(
        name=name, options=options, signature=signature_of(pipeline), models=models or {}, corpus=corpus
    )
    return candidate("small", options={"temperature": 0.0, "num_ctx": 4096}, pipeline=chosen)


def measured(behind: Behind, chosen: Candidate, *, headline: str = "exact_match", n_right: int = N_CASES) -> str:
    """Stores a run in which the candidate is the best, and the large model has nine right; returns its label."""
    cases = tuple(Case(case_id=f"p{i}", prompt=f"{i}?", references=("yes",)) for i in range(N_CASES))
    best = {case.case_id: answer("yes" if i < n_right else "no") for i, case in enumerate(cases)}
    other = {case.case_id: answer("yes" if i < 9 else "no") for i, case in enumerate(cases)}
    store_run(
        behind.store,
        Asked(candidate=chosen, outcomes=best),
        Asked(candidate=candidate("large"), endpoint="there", outcomes=other),
        cases=cases,
        task_type=TASK,
        name=TASK,
        run_id="run-p",
    )
    # The benchmark's own, by which a pipeline reads answers; a run may be ranked by another metric.
    save_benchmark(behind.store, Benchmark(name=TASK, task_type=TASK, cases=cases, headline=headline))
    return chosen.label


def policy_of(behind: Behind, label: str, **settings: Any) -> Policy:
    question = Question(task=TASK, constraints=Constraints())
    return create_policy(
        behind.store, "fast", question, candidate=label, settings=PolicySettings(**settings), by="test"
    )


def post(behind: Behind, model: str = "fast", **more: Any) -> httpx.Response:
    body = {"model": model, "messages": HELLO, **more}
    return httpx.post(f"{behind.url}/v1/chat/completions", json=body, timeout=30)


def test_openais_client_gets_the_vote_of_all_samples_and_their_tokens(behind: Behind) -> None:
    label = measured(behind, with_pipeline("self_consistency", n="3"))
    policy_of(behind, label)
    with openai.OpenAI(base_url=f"{behind.url}/v1", api_key="unused", max_retries=0) as client:
        reply = client.chat.completions.create(model="fast", messages=HELLO)

    assert "here word1 word2" == reply.choices[0].message.content
    assert reply.usage is not None
    assert (15, 9) == (reply.usage.prompt_tokens, reply.usage.completion_tokens)
    bodies = [body for _, body in behind.here.asked]
    assert [0.7] * 3 == [body["options"]["temperature"] for body in bodies]
    assert 3 == len({body["options"]["seed"] for body in bodies})
    told: Any = reply.model_extra
    assert ("self_consistency", "one piece") == (told["benchwright"]["pipeline"], told["benchwright"]["delivery"])
    (call,) = behind.recorded(1)
    assert call.served is not None
    assert (label, 15, 9, 24) == (call.candidate, call.prompt_tokens, call.output_tokens, call.served.tokens)
    assert [("sample 1", 8), ("sample 2", 8), ("sample 3", 8)] == [(each.name, each.tokens) for each in call.stages]


def test_openais_client_gets_the_answer_as_a_stream_of_one_piece(behind: Behind) -> None:
    policy_of(behind, measured(behind, with_pipeline("refine")))
    with openai.OpenAI(base_url=f"{behind.url}/v1", api_key="unused", max_retries=0) as client:
        options: Any = {"include_usage": True}
        chunks = list(client.chat.completions.create(model="fast", messages=HELLO, stream=True, stream_options=options))

    assert ["here word1 word2"] == [
        c.choices[0].delta.content for c in chunks if c.choices and c.choices[0].delta.content
    ]
    assert chunks[-1].usage is not None
    assert 3 * 8 == chunks[-1].usage.total_tokens
    raw = post(behind, stream=True)
    assert ("one piece", "3") == (raw.headers["x-benchwright-delivery"], raw.headers["x-benchwright-stages"])
    assert raw.text.rstrip().endswith("data: [DONE]")


def test_ollamas_client_chats_and_streams(behind: Behind) -> None:
    policy_of(behind, measured(behind, with_pipeline("refine")))
    client = ollama.Client(host=behind.url)
    whole = client.chat(model="fast", messages=HELLO)
    pieces = list(client.chat(model="fast", messages=HELLO, stream=True))
    generated = client.generate(model="fast", prompt="hello")
    client._client.close()

    assert "here word1 word2" == whole.message.content == "".join(each.message.content or "" for each in pieces)
    assert "here word1 word2" == generated.response
    assert (15, 9) == (whole.prompt_eval_count, whole.eval_count)
    assert pieces[-1].done


def test_a_retrieval_names_its_sources_in_the_answer_and_in_a_header(behind: Behind, tmp_path: Path) -> None:
    (tmp_path / "greetings.md").write_text("People say hello when they meet. Answer with a smile.")
    label = measured(
        behind, with_pipeline("retrieval", corpus=str(tmp_path), method="bm25", chunk_size="20", top_k="2")
    )
    policy_of(behind, label)
    reply = post(behind)

    assert 200 == reply.status_code
    (source,) = reply.json()["benchwright"]["sources"]
    assert (1, "greetings.md") == (source["number"], source["document"])
    assert source["text"].startswith("People say hello")
    assert {"number", "document", "page", "last_page", "text"} == set(source)
    assert "greetings.md" == reply.headers["x-benchwright-sources"]
    assert "[1] People say hello" in behind.here.asked[-1][1]["messages"][-1]["content"]


def test_documents_that_changed_since_they_were_measured_are_never_searched_in_silence(
    behind: Behind, tmp_path: Path
) -> None:
    (tmp_path / "greetings.md").write_text("People say hello when they meet.")
    label = measured(behind, with_pipeline("retrieval", corpus=str(tmp_path), method="bm25", chunk_size="20"))
    policy_of(behind, label)
    (tmp_path / "greetings.md").write_text("People say goodbye when they part.")
    reply = post(behind)

    assert "large:1b" == reply.headers["x-benchwright-candidate"]
    assert "documents have changed since it was measured" in reply.headers["x-benchwright-reason"]
    with pytest.raises(ConfigurationError, match="have changed since it was measured"):
        create_policy(behind.store, "other", Question(task=TASK), candidate=label, by="test")


def test_documents_that_change_later_leave_a_running_gateway_with_those_that_were_measured(
    behind: Behind, tmp_path: Path
) -> None:
    (tmp_path / "greetings.md").write_text("People say hello when they meet.")
    policy_of(
        behind, measured(behind, with_pipeline("retrieval", corpus=str(tmp_path), method="bm25", chunk_size="20"))
    )
    post(behind)
    (tmp_path / "greetings.md").write_text("People say hello when they part.")

    assert "when they meet" in post(behind).json()["benchwright"]["sources"][0]["text"]


def test_a_cascade_asks_its_larger_model_on_the_server_that_has_it(behind: Behind) -> None:
    models = {"large:1b": "digest-of-large"}
    policy_of(behind, measured(behind, with_pipeline("cascade", models, large="large:1b", signal="format")))
    reply = post(behind)

    assert "there word1 word2" == reply.json()["choices"][0]["message"]["content"]
    assert (1, 1) == behind.n_asked
    stages = [(each["stage"], each["model"], each["endpoint"]) for each in reply.json()["benchwright"]["stages"]]
    assert [("answer", "small:1b", "here"), ("escalated", "large:1b", "there")] == stages


def test_a_larger_model_with_other_weights_is_not_asked(behind: Behind) -> None:
    models = {"large:1b": "digest-of-before"}
    policy_of(behind, measured(behind, with_pipeline("cascade", models, large="large:1b", signal="format")))
    reply = post(behind)

    assert "large:1b" == reply.headers["x-benchwright-candidate"]
    assert "large:1b on there holds other weights now" in reply.headers["x-benchwright-reason"]


def test_a_stage_that_fails_falls_back_before_anything_is_sent_and_its_tokens_are_paid(behind: Behind) -> None:
    policy_of(behind, measured(behind, with_pipeline("refine")))
    behind.here.faults += [Fault(), Fault(status=500)]
    reply = post(behind, stream=True)

    assert "large:1b" == reply.headers["x-benchwright-candidate"]
    assert "there" in reply.text
    assert "stage 'critique 1'" in reply.headers["x-benchwright-reason"]
    (call,) = behind.recorded(1)
    assert call.served is not None
    assert ["draft"] == [each.name for each in call.stages]
    assert call.served.tokens == 8 + 8


def test_a_budget_counts_every_stage(behind: Behind) -> None:
    prices = {"models": {"*": {"input_per_million": 1.0, "output_per_million": 2.0}}}
    policy_of(behind, measured(behind, with_pipeline("refine")), budget=Budget(tokens=20), prices=prices)

    assert 200 == post(behind).status_code
    (call,) = behind.recorded(1)
    assert call.served is not None
    assert (24, pytest.approx(3 * (5 * 1.0 + 3 * 2.0) / 1e6)) == (call.served.tokens, call.served.usd)
    assert 429 == post(behind).status_code


@pytest.mark.parametrize(
    ("more", "what"),
    [
        ({"tools": [{"type": "function", "function": {"name": "f", "parameters": {}}}]}, "functions"),
        ({"response_format": {"type": "json_object"}}, "a format of the answer"),
        ({"logprobs": True}, "log-probabilities"),
        (
            {
                "messages": [
                    {
                        "role": "user",
                        "content": [{"type": "image_url", "image_url": {"url": "data:image/png;base64,aa"}}],
                    }
                ]
            },
            "images",
        ),
    ],
)
def test_what_a_pipeline_cannot_answer_goes_to_the_next_in_rank_by_name(
    behind: Behind, more: dict[str, Any], what: str
) -> None:
    policy_of(behind, measured(behind, with_pipeline("refine")))
    reply = post(behind, **more)

    assert (200, "large:1b") == (reply.status_code, reply.headers["x-benchwright-candidate"])
    assert "its pipeline 'refine' takes texts" in reply.headers["x-benchwright-reason"]
    assert what in reply.headers["x-benchwright-reason"]


def test_a_pipeline_that_shows_cases_of_its_benchmark_shows_them_to_calls(behind: Behind) -> None:
    policy_of(behind, measured(behind, with_pipeline("few_shot", k="1")))

    reply = post(behind)

    assert (200, "few_shot") == (reply.status_code, reply.headers["x-benchwright-pipeline"])
    (_, body) = behind.here.asked[-1]
    assert ["user", "assistant", "user"] == [turn["role"] for turn in body["messages"] if turn["role"] != "system"]


def test_code_that_changed_since_it_was_measured_is_not_run(behind: Behind, tmp_path: Path) -> None:
    own = tmp_path / "mine.py"
    ran = tmp_path / "ran"
    text = (
        "from dataclasses import dataclass\n"
        "from typing import ClassVar\n"
        "from evaluation.pipelines.pipeline import Pipeline, PipelineResult, one_reply\n"
        "from evaluation.pipelines.stages import AskModel\n\n"
        "@dataclass(frozen=True, kw_only=True)\n"
        "class Mine(Pipeline):\n"
        "    name: ClassVar[str] = 'mine'\n"
        "    summary: ClassVar[str] = 'asks once'\n\n"
        "    def run(self, task):\n"
        "        reply = yield from one_reply(AskModel(stage='mine', messages=task.messages))\n"
        "        return PipelineResult(answer='mine: ' + reply.text)\n"
    )
    own.write_text(text)
    policy_of(behind, measured(behind, with_pipeline(f"{own}:Mine")))
    assert "mine: here word1 word2" == post(behind).json()["choices"][0]["message"]["content"]

    own.write_text(f"open({str(ran)!r}, 'w').close()\n{text}")
    with pytest.raises(ConfigurationError, match="has changed since it was measured"):
        create_policy(
            behind.store, "other", Question(task=TASK), candidate=f"small:1b pipeline={own.name}:Mine", by="t"
        )
    assert not ran.exists()


def test_a_shadow_with_a_pipeline_asks_one_stage_at_a_time_in_idle_slots(behind: Behind) -> None:
    label = measured(behind, with_pipeline("self_consistency", n="3"))
    policy_of(behind, "large:1b")
    start_trial(behind.store, "fast", challenger=label, mode=TrialMode.SHADOW, share=1.0, by="test")
    behind.here.loaded = ["small:1b"]
    assert "large:1b" == post(behind).headers["x-benchwright-candidate"]

    assert eventually(lambda: behind.here.n_finished == 3)
    assert 1 == behind.here.most_at_once
    assert eventually(
        lambda: not behind.gateway.shadows.n_waiting and behind.gateway.flush() == 0 and len(list_of(behind)) == 2
    )
    (shadow,) = [call for call in list_of(behind) if call.served is not None and call.served.is_shadow]
    assert (label, 24) == (shadow.candidate, shadow.served.tokens if shadow.served else None)


def list_of(behind: Behind) -> list[Any]:
    return list(list_traffic(behind.store))


def test_the_seed_and_the_limits_of_the_client_hold_for_every_stage(behind: Behind) -> None:
    policy_of(behind, measured(behind, with_pipeline("refine")))
    post(behind, seed=5, max_tokens=7)
    first = [body["options"] for _, body in behind.here.asked]
    behind.here.asked.clear()
    post(behind, seed=5, max_tokens=7)

    assert first == [body["options"] for _, body in behind.here.asked]
    assert {7} == {options["num_predict"] for options in first}
    refused = httpx.post(
        f"{behind.url}/api/chat", json={"model": "fast", "messages": HELLO, "options": {"mirostat": 2}}, timeout=30
    )
    assert "large:1b" == refused.headers["x-benchwright-candidate"]
    assert "the option 'mirostat' cannot be passed to a pipeline" in refused.headers["x-benchwright-reason"]
