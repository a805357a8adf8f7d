"""What a pipeline asks behind the gateway is what it asked when it was measured."""

import json
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
from looking_back import only_run
from scripted_ollama import Chat, Reply, ScriptedOllama, right
from served_asgi import served_asgi

from deployments.gateway.gateway import Gateway, gateway_app
from deployments.gateway.gateway_settings import GatewaySettings
from evaluation.fingerprint import derived_seed
from evaluation.records.candidates import EndpointRecord
from evaluation.store.registry import save_endpoint
from evaluation.store.session import Store
from selection.policies.definition import create_policy
from selection.preferences import Question

Evaluate = Callable[..., Any]
Benchmarks = Callable[..., str]
PIPELINES = [
    "small num_predict=64 pipeline=self_consistency n=3",
    "small pipeline=best_of n=2 judge=big",
    "small pipeline=refine",
    "small pipeline=chain_of_thought",
    "small pipeline=cascade large=big signal=refusal",
    "small pipeline=map_reduce chunk_size=2 note_tokens=8",
    "small pipeline=retrieval corpus={corpus} embedder=embed chunk_size=8 top_k=2",
    "small profile=step-by-step pipeline=direct",
]
QUESTION = "What is 3?"


def unsure(chat: Chat) -> Reply:
    """The answer of a model that sometimes does not know; samples of it differ."""
    reply = right(chat)
    return reply if chat.options["temperature"] == 0 else Reply(text=f"{reply.text} {chat.options['seed']}")


def asked(server: ScriptedOllama, since: int = 0) -> Counter[str]:
    """What came to it, but for how long models stay loaded."""
    bodies = (
        {name: value for name, value in chat.body.items() if name != "keep_alive"} for chat in server.chats[since:]
    )
    return Counter(json.dumps(body, sort_keys=True) for body in bodies)


def test_each_pipeline_asks_the_same_behind_the_gateway_as_in_its_evaluation(
    evaluate: Evaluate, store: Store, ollama_by_script: ScriptedOllama, benchmark_file: Benchmarks, tmp_path: Path
) -> None:
    corpus = tmp_path / "corpus"
    corpus.mkdir()
    (corpus / "numbers.md").write_text("Three is a number. It follows two.\n\nFour follows three.")
    for name in ("small", "big"):
        ollama_by_script.add(name, unsure)
    ollama_by_script.add("embed", capabilities=("embedding",))
    save_endpoint(store, EndpointRecord(name="it", url=ollama_by_script.url, provider="ollama"))
    candidates = [text.format(corpus=corpus) for text in PIPELINES]
    path = Path(benchmark_file(4))
    header, *lines = path.read_text().splitlines()
    only = [line for line in lines if json.loads(line)["prompt"] == QUESTION]
    path.write_text("\n".join([header, *only]) + "\n")

    measured: dict[str, Counter[str]] = {}
    for i, text in enumerate(candidates):
        since = len(ollama_by_script.chats)
        state = evaluate(str(path), candidates=[text], invocation_id=f"i{i}", endpoints=["it"])
        assert state.is_completed(), text
        measured[text] = asked(ollama_by_script, since)
    seed = derived_seed(only_run(store, "i0").plan.seed, "c3", 0)
    n_embedded = ollama_by_script.embedded.total()
    policies = _policies(store, candidates)

    with served_asgi(gateway_app(Gateway(store, settings=GatewaySettings(policies_age_s=0.0)))) as server:
        for text, policy in policies.items():
            since = len(ollama_by_script.chats)
            reply = httpx.post(
                f"{server.url}/v1/chat/completions",
                json={"model": policy, "messages": [{"role": "user", "content": QUESTION}], "seed": seed},
                timeout=60,
            )
            assert 200 == reply.status_code, (text, reply.text)
            assert measured[text] == asked(ollama_by_script, since), text
    # The corpus was embedded by the evaluation; behind the gateway only the question is.
    assert n_embedded + 1 == ollama_by_script.embedded.total()


def _policies(store: Store, candidates: list[str]) -> dict[str, str]:
    from selection.recommender.registry import recommender_of

    known = {
        each.pipeline.name: each.label for each in recommender_of(store).view().scoreboard.candidates if each.pipeline
    }
    policies = {}
    for i, text in enumerate(candidates):
        label = known[text.partition("pipeline=")[2].split()[0]]
        policies[text] = create_policy(store, f"p{i}", Question(), candidate=label, by="test").name
    return policies


CHOOSING = ["small", "small pipeline=self_consistency n=3", "small profile=step-by-step pipeline=refine"]
READING = ["small", "small pipeline=map_reduce chunk_size=3 note_tokens=8"]
CASES: dict[str, dict[str, Any]] = {
    "choosing": {"prompt": "Which is even?", "choices": ["three", "four", "five"], "references": ["B"]},
    "reading": {
        "prompt": "Who follows two?",
        "context": ["Three is a number. It follows two.", "Four follows three."],
        "references": ["Three"],
    },
}
HEADERS = {
    "choosing": {
        "metrics": ["multiple_choice"],
        "headline": "multiple_choice",
        "prompt": {"system": "Choose well.", "template": "{prompt}\n\n{choices}\n\nAnswer with a letter."},
        "options": {"stop": ["END"]},
    },
    "reading": {"metrics": ["token_f1"], "prompt": {"template": "Context:\n{context}\n\nQuestion: {prompt}"}},
}


def test_calls_with_choices_or_documents_ask_the_same_as_the_evaluation_did(
    evaluate: Evaluate, store: Store, ollama_by_script: ScriptedOllama, tmp_path: Path
) -> None:
    ollama_by_script.add("small", unsure)
    save_endpoint(store, EndpointRecord(name="it", url=ollama_by_script.url, provider="ollama"))
    measured: dict[tuple[str, str], Counter[str]] = {}
    for name, case in CASES.items():
        path = tmp_path / f"{name}.jsonl"
        header = {"benchmark": {"name": name, "task_type": name, **HEADERS[name]}}
        path.write_text("".join(json.dumps(line) + "\n" for line in (header, {"case_id": "c1", **case})))
        for text in CHOOSING if name == "choosing" else READING:
            since = len(ollama_by_script.chats)
            state = evaluate(str(path), candidates=[text], invocation_id=f"{name}{len(measured)}", endpoints=["it"])
            assert state.is_completed(), text
            measured[name, text] = asked(ollama_by_script, since)
    seed = derived_seed(only_run(store, "choosing0").plan.seed, "c1", 0)

    with served_asgi(gateway_app(Gateway(store, settings=GatewaySettings(policies_age_s=0.0)))) as server:
        for i, (name, text) in enumerate(measured):
            create_policy(store, f"p{i}", Question(task=name), candidate=text, by="test")
            fields = {"choices": CASES[name].get("choices"), "documents": CASES[name].get("context")}
            messages = [{"role": "user", "content": CASES[name]["prompt"]}]
            for body in (
                {"benchwright": fields, "options": {"seed": seed}},
                {"options": {"seed": seed, "benchwright": fields}},
            ):
                since = len(ollama_by_script.chats)
                reply = httpx.post(
                    f"{server.url}/api/chat",
                    json={"model": f"p{i}", "messages": messages, **body},
                    timeout=60,
                )
                assert 200 == reply.status_code, (name, text, reply.text)
                assert name == reply.headers["x-benchwright-benchmark"]
                assert _without_stream(measured[name, text]) == _without_stream(asked(ollama_by_script, since)), text


def _without_stream(bodies: Counter[str]) -> Counter[str]:
    """What is asked, however the answer comes."""
    kept = Counter[str]()
    for body, n in bodies.items():
        kept[json.dumps({name: value for name, value in json.loads(body).items() if name != "stream"})] += n
    return kept


def test_a_pipeline_that_shows_cases_shows_those_of_the_benchmark_that_measured_it(
    evaluate: Evaluate, store: Store, ollama_by_script: ScriptedOllama, benchmark_file: Benchmarks
) -> None:
    ollama_by_script.add("small", right)
    save_endpoint(store, EndpointRecord(name="it", url=ollama_by_script.url, provider="ollama"))
    candidate = "small profile=step-by-step pipeline=few_shot k=2"
    assert evaluate(benchmark_file(3), candidates=[candidate], invocation_id="one", endpoints=["it"]).is_completed()
    measured = [[turn["content"] for turn in chat.body["messages"]] for chat in ollama_by_script.chats]
    shown = {tuple(pair) for turns in measured for pair in _pairs(turns)}
    policies = _policies(store, [candidate])
    questions = {turns[-1] for turns in measured}

    with served_asgi(gateway_app(Gateway(store, settings=GatewaySettings(policies_age_s=0.0)))) as server:
        since = len(ollama_by_script.chats)
        for question in ("What is 9?", "What is 9?"):
            body = {"model": policies[candidate], "messages": [{"role": "user", "content": question}]}
            reply = httpx.post(f"{server.url}/v1/chat/completions", json=body, timeout=60)
            assert 200 == reply.status_code, reply.text
    first, second = ollama_by_script.chats[since:]

    turns = [turn["content"] for turn in first.body["messages"]]
    assert first.body["messages"] == second.body["messages"]
    assert len(measured[0]) == len(turns)
    assert set(map(tuple, _pairs(turns))) <= shown
    assert any(turns[-1] == question.replace("What is 1?", "What is 9?") for question in questions)


def _pairs(turns: list[str]) -> list[list[str]]:
    """The examples of a conversation, as question and answer: two, before the case itself."""
    return [turns[-5:-3], turns[-3:-1]]
