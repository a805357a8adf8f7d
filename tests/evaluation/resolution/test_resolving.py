"""From names to things, on a server that answers by script."""

import asyncio
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from recorded_models import record_model
from scripted_ollama import ScriptedOllama

from evaluation.candidate import PromptProfile
from evaluation.case import Benchmark, Case
from evaluation.errors import ConfigurationError, FailureKind, TransientProviderError, UnknownNameError
from evaluation.providers.model_server import ModelServer
from evaluation.providers.provider import TextEmbedding
from evaluation.records.candidates import EndpointRecord
from evaluation.requests.evaluation_request import read_request
from evaluation.resolution.benchmarks import find_benchmark
from evaluation.resolution.candidates import find_profile
from evaluation.resolution.endpoints import default_gpu_tag
from evaluation.resolution.resolution import Resolution, resolve
from evaluation.settings import Settings
from evaluation.store.benchmarks import save_benchmark
from evaluation.store.models import retire_model
from evaluation.store.registry import save_endpoint, save_profile
from evaluation.store.session import Store, open_store

NUMBERS = Benchmark(
    name="numbers",
    task_type="reasoning",
    cases=(Case(case_id="1", prompt="What is 1?", references=("1",)),),
    options={"num_predict": 9},
)


@contextmanager
def _store(folder: Path) -> Iterator[Store]:
    with open_store(str(folder / "results.db")) as opened:
        yield opened


@pytest.fixture
def own_store(tmp_path: Path) -> Iterator[Store]:
    with _store(tmp_path) as opened:
        yield opened


def resolved(
    *endpoints: str, store: Store | None = None, settings: Settings | None = None, **request: Any
) -> Resolution:
    benchmarks = request.pop("loaded", [NUMBERS])
    asked = read_request({"benchmarks": ["numbers"], "models": ["m"], "endpoints": list(endpoints), **request})
    return asyncio.run(resolve(asked, benchmarks, settings=settings or Settings(), store=store))


def test_a_name_becomes_a_model_with_its_digest_and_every_option(ollama_by_script: ScriptedOllama) -> None:
    ollama_by_script.add("m:latest", digest="d" * 64, parameters='temperature 0.6\nstop "<end>"\nnum_predict -1')

    (found,) = resolved(ollama_by_script.url, options=["top_k=3"]).candidates

    assert ("m:latest", "d" * 64, "m top_k=3") == (
        found.candidate.model,
        found.candidate.digest,
        found.candidate.label,
    )
    options = found.options_for(NUMBERS)
    assert (0.0, 3, 9, ["<end>"]) == tuple(options[name] for name in ("temperature", "top_k", "num_predict", "stop"))


@pytest.mark.parametrize(
    ("task_type", "options", "parameters", "num_predict"),
    [
        ("instruction_following", [], "", 4096),
        ("generation", [], "", 4096),
        ("generation", ["num_ctx=512"], "", 512),
        ("generation", ["num_ctx=99999"], "", 8192),
        ("generation", ["num_predict=7"], "", 7),
        ("generation", ["num_predict=model"], "", 4096),
        ("generation", ["num_predict=model"], "num_predict 33", 33),
        ("generation", [], "num_predict 33", 33),
        ("generation", [], "num_predict -1", 4096),
        ("reasoning", [], "", 1024),
        ("question_answering", [], "num_predict -1", 1024),
    ],
)
def test_where_the_task_leaves_the_length_open_the_context_bounds_it(
    ollama_by_script: ScriptedOllama, task_type: str, options: list[str], parameters: str, num_predict: int
) -> None:
    ollama_by_script.add("m:latest", digest="d" * 64, parameters=parameters)
    (found,) = resolved(ollama_by_script.url, options=options).candidates
    found = replace(found, info=replace(found.info, context_length=8192))

    assert num_predict == found.options_for(replace(NUMBERS, task_type=task_type, options={}))["num_predict"]
    assert 9 == found.options_for(replace(NUMBERS, task_type="generation"))["num_predict"] or options or parameters


def test_openais_protocol_keeps_a_short_limit_for_open_answers(ollama_by_script: ScriptedOllama) -> None:
    ollama_by_script.add("m:latest", digest="d" * 64)
    (found,) = resolved(ollama_by_script.url).candidates
    found = replace(found, endpoints=(replace(found.endpoint, provider="openai_compatible"),))

    assert 1024 == found.options_for(replace(NUMBERS, task_type="generation", options={}))["num_predict"]


def test_one_slot_is_said_aloud_unless_slots_were_asked_for(ollama_by_script: ScriptedOllama) -> None:
    ollama_by_script.add("m")
    assert any("1 request at a time; --slots N" in note for note in resolved(ollama_by_script.url).notes)
    assert not any("--slots" in note for note in resolved(ollama_by_script.url, slots=1).notes)


def test_a_server_that_was_named_twice_is_one_server(ollama_by_script: ScriptedOllama) -> None:
    ollama_by_script.add("m")
    bare = ollama_by_script.url.removeprefix("http://")
    resolution = resolved(ollama_by_script.url, bare, ollama_by_script.url + "/")
    assert [bare] == [endpoint.name for endpoint in resolution.endpoints]


def test_a_server_that_does_not_answer_is_left_out_where_another_does(ollama_by_script: ScriptedOllama) -> None:
    ollama_by_script.add("m")
    resolution = resolved("http://127.0.0.1:9", ollama_by_script.url)
    assert 1 == len(resolution.endpoints)
    assert any(note.startswith("left out: ") and "127.0.0.1:9" in note for note in resolution.notes)
    with pytest.raises(ConfigurationError, match=r"127\.0\.0\.1:9[\s\S]*127\.0\.0\.1:11"):
        resolved("http://127.0.0.1:9", "http://127.0.0.1:11")


def test_a_stored_endpoint_brings_its_slots_tag_and_key(
    ollama_by_script: ScriptedOllama, own_store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    ollama_by_script.add("m")
    record = EndpointRecord(
        name="box", url=ollama_by_script.url, gpu_tag="gpu-7", slots=6, key_variable="BOX_KEY_OF_A_TEST"
    )
    save_endpoint(own_store, record)

    with pytest.raises(ConfigurationError, match="'BOX_KEY_OF_A_TEST', which is not set"):
        resolved("box", store=own_store)
    monkeypatch.setenv("BOX_KEY_OF_A_TEST", "secret")
    (endpoint,) = resolved("box", store=own_store).endpoints

    assert ("box", "gpu-7", 6, "secret") == (endpoint.name, endpoint.gpu_tag, endpoint.slots, endpoint.api_key)
    assert "secret" not in repr(endpoint)


def test_the_embedded_server_is_used_only_where_one_runs(ollama_by_script: ScriptedOllama) -> None:
    ollama_by_script.add("m")
    with pytest.raises(ConfigurationError, match="no embedded server is running"):
        resolved(embedded=True)
    (endpoint,) = resolved(embedded=True, settings=Settings(embedded_url=ollama_by_script.url)).endpoints
    assert ("embedded", "gpu-embedded") == (endpoint.name, endpoint.gpu_tag)


@pytest.mark.parametrize("by_name", [True, False])
def test_the_slots_and_the_gpu_tag_of_the_request_count_for_the_embedded_server_too(
    ollama_by_script: ScriptedOllama, by_name: bool
) -> None:
    ollama_by_script.add("m")
    running = Settings(embedded_url=ollama_by_script.url)
    named = ["embedded"] if by_name else []

    (endpoint,) = resolved(*named, embedded=not by_name, slots=7, gpu_tag="gpu-7", settings=running).endpoints

    assert ("gpu-7", 7, True) == (endpoint.gpu_tag, endpoint.slots, endpoint.slots_are_given)


def test_an_embedded_server_that_runs_is_found_by_its_name_and_where_no_other_answers(
    ollama_by_script: ScriptedOllama, monkeypatch: pytest.MonkeyPatch
) -> None:
    ollama_by_script.add("m")
    monkeypatch.setenv("OLLAMA_HOST", "http://127.0.0.1:9")
    running = Settings(embedded_url=ollama_by_script.url)
    by_name = resolved("embedded", settings=running)
    by_default = resolved(settings=running)
    assert [["embedded"], ["embedded"]] == [[found.name for found in one.endpoints] for one in (by_name, by_default)]
    assert any("left out" in note and "127.0.0.1:9" in note for note in by_default.notes)


def test_a_retired_model_takes_no_new_runs(ollama_by_script: ScriptedOllama, own_store: Store) -> None:
    ollama_by_script.add("m:latest")
    record_model(own_store, name="m:latest", digest="d", endpoint_name="here")
    retire_model(own_store, "m:latest")
    with pytest.raises(ConfigurationError, match="'m:latest' is retired, and takes no new runs"):
        resolved(ollama_by_script.url, store=own_store)


def test_a_context_larger_than_the_model_was_trained_for_is_cut_and_that_is_said(
    ollama_by_script: ScriptedOllama,
) -> None:
    ollama_by_script.add("m", context_length=2048)
    resolution = resolved(ollama_by_script.url)
    assert any("num_ctx 4096 is more than the 2048" in note for note in resolution.notes)
    assert 2048 == resolution.candidates[0].options_for(NUMBERS)["num_ctx"]


def test_repeats_at_temperature_0_are_warned_about(ollama_by_script: ScriptedOllama) -> None:
    ollama_by_script.add("m")
    warned = resolved(ollama_by_script.url, repeats=2).notes
    quiet = resolved(ollama_by_script.url, repeats=2, options=["temperature=1"]).notes
    assert ([True], []) == (
        [True for note in warned if "repeats at temperature 0" in note],
        [note for note in quiet if "repeats" in note],
    )


def test_two_benchmarks_of_one_name_are_refused(ollama_by_script: ScriptedOllama) -> None:
    with pytest.raises(ConfigurationError, match="two benchmarks are named 'numbers'"):
        resolved(ollama_by_script.url, loaded=[NUMBERS, NUMBERS])


@pytest.mark.parametrize(
    ("request_", "message"),
    [
        ({"metrics": ["multiple_choice"]}, "benchmark 'numbers': metric 'multiple_choice' needs choices, which none"),
        ({"metrics": ["bleuu"]}, "unknown metric 'bleuu'; did you mean 'bleu'"),
        ({"fail_under": ["bleu=1"]}, "unknown metric of this run 'bleu'"),
        ({"profile": "concsie"}, "unknown profile 'concsie'; did you mean 'concise'"),
        ({"options": ["think=true"]}, "model 'm' has no thinking mode"),
        ({"models": ["n"]}, "unknown model 'n'"),
        ({"provider": "olama"}, "olama"),
    ],
)
def test_a_wrong_name_is_answered_with_those_that_exist(
    ollama_by_script: ScriptedOllama, request_: dict[str, Any], message: str
) -> None:
    ollama_by_script.add("m")
    with pytest.raises(ConfigurationError) as caught:
        resolved(ollama_by_script.url, **request_)
    assert message in caught.value.message


def test_a_slip_in_a_models_name_is_not_told_to_be_pulled(ollama_by_script: ScriptedOllama) -> None:
    ollama_by_script.add("gpt3-6b-finetuning:latest")
    with pytest.raises(UnknownNameError) as slip:
        resolved(ollama_by_script.url, models=["gpt3-6b-finetunin"])
    with pytest.raises(UnknownNameError) as other:
        resolved(ollama_by_script.url, models=["zzz"])
    asked, there = f"Asked: {ollama_by_script.url}.", f" --endpoint {ollama_by_script.url}"
    assert (
        f"Use that name, or pull another model: `benchwright models pull NAME{there}`. {asked}",
        f"Run `benchwright models pull zzz{there}`. {asked}",
    ) == (slip.value.next_step, other.value.next_step)


@pytest.mark.parametrize("embedded", [True, False])
def test_the_embedded_server_is_named_where_it_was_not_asked_for(embedded: bool) -> None:
    with pytest.raises(ConfigurationError) as caught:
        resolved("http://127.0.0.1:9", embedded=embedded, settings=Settings(embedded_url="http://127.0.0.1:11"))
    assert embedded is not ("or add `--embedded`." in str(caught.value.next_step))
    assert "ollama serve" in str(caught.value.next_step)


def test_a_provider_that_no_server_is_asked_in_is_refused(ollama_by_script: ScriptedOllama) -> None:
    embedded = Settings(embedded_url=ollama_by_script.url)
    with pytest.raises(ConfigurationError, match="invalid --provider 'vllm'; allowed: ollama, openai_compatible"):
        resolved("embedded", provider="vllm", settings=embedded)
    with pytest.raises(ConfigurationError, match="is for no server of this run: embedded speaks ollama"):
        resolved("embedded", provider="openai_compatible", settings=embedded)


def test_a_benchmark_without_a_case_is_refused() -> None:
    with pytest.raises(ConfigurationError, match="'none' has no case"):
        resolved("http://127.0.0.1:9", loaded=[Benchmark(name="none", task_type="code", cases=())])


def test_a_stored_benchmark_can_have_no_code_run(tmp_path: Path) -> None:
    own = tmp_path / "own.py"
    own.write_text("raise AssertionError('it ran')")
    with pytest.raises(ConfigurationError, match="a benchmark may not load code"):
        resolved("http://127.0.0.1:9", loaded=[replace(NUMBERS, metrics=(f"{own}:Name",))])


def test_a_benchmark_is_a_suite_else_a_stored_one_else_a_file(own_store: Store) -> None:
    save_benchmark(own_store, NUMBERS)
    assert 40 == len(find_benchmark("summarization", store=own_store).cases)
    assert NUMBERS.version == find_benchmark("numbers", store=own_store).version


def test_a_profile_is_a_stored_one_before_a_standard_one(own_store: Store) -> None:
    assert "Answer as briefly" in (find_profile("concise", store=None).system or "")
    save_profile(own_store, PromptProfile(name="concise", system="My own."))
    assert "My own." == find_profile("concise", store=own_store).system
    with pytest.raises(UnknownNameError, match="unknown profile"):
        find_profile("nothing like it", store=own_store)


def test_a_system_text_makes_a_profile_of_its_own(ollama_by_script: ScriptedOllama) -> None:
    ollama_by_script.add("m")
    (plain,) = resolved(ollama_by_script.url, system="Be kind.").candidates
    (both,) = resolved(ollama_by_script.url, system="Be kind.", profile="step-by-step").candidates
    assert plain.candidate.profile.name.startswith("system-")
    assert "step-by-step+system" == both.candidate.profile.name
    assert "Be kind." == plain.candidate.profile.system == both.candidate.profile.system


@pytest.mark.parametrize(
    ("url", "tag"),
    [("http://127.0.0.1:11434", "gpu-127-0-0-1-11434"), ("https://Box.example/", "gpu-box-example")],
)
def test_the_default_gpu_tag_is_made_of_host_and_port(url: str, tag: str) -> None:
    assert tag == default_gpu_tag(url)


@pytest.mark.parametrize(
    ("given", "problem", "next_step"),
    [
        (
            {"embedder": "m", "metrics": ["semantic_similarity"]},
            r"'m' embeds no texts, .*lists completion",
            "--embedder",
        ),
        ({"judges": ["vectors"], "metrics": ["judge_rubric"]}, r"'vectors' writes no answers", "--judge"),
        ({"models": ["vectors"]}, r"'vectors' writes no answers", "--model"),
    ],
)
def test_a_model_that_cannot_do_what_it_would_be_asked_is_refused_before_anything_is_asked(
    given: dict[str, Any], problem: str, next_step: str, ollama_by_script: ScriptedOllama
) -> None:
    ollama_by_script.add("m", capabilities=("completion",))
    ollama_by_script.add("vectors", capabilities=("embedding",))
    with pytest.raises(ConfigurationError, match=problem) as caught:
        resolved(ollama_by_script.url, **given)
    assert next_step in str(caught.value.next_step)


@pytest.mark.parametrize(
    ("option", "steps"),
    [
        ("embedder=chatty", ("embedder=NAME", "--capability embedding", "models pull nomic-embed-text")),
        ("method=bm25 rerank=vectors", ("rerank=NAME", "--capability completion", "--endpoint")),
    ],
)
def test_a_pipelines_model_that_cannot_do_its_work_is_refused_by_the_option_that_names_it(
    ollama_by_script: ScriptedOllama, tmp_path: Path, option: str, steps: tuple[str, ...]
) -> None:
    (tmp_path / "a.md").write_text("Words.")
    for name, ability in (("m", "completion"), ("chatty", "completion"), ("vectors", "embedding")):
        ollama_by_script.add(name, capabilities=(ability,))

    with pytest.raises(ConfigurationError, match="its server lists") as caught:
        resolved(ollama_by_script.url, models=[], candidates=[f"m pipeline=retrieval corpus={tmp_path} {option}"])

    for step in steps:
        assert step in str(caught.value.next_step)


def test_more_examples_than_there_are_cases_are_refused_with_how_many_there_are(
    ollama_by_script: ScriptedOllama,
) -> None:
    ollama_by_script.add("m")
    cases = tuple(Case(case_id=str(n), prompt=f"What is {n}?", references=(str(n),)) for n in range(3))
    three = replace(NUMBERS, cases=cases)

    with pytest.raises(ConfigurationError, match="has 2 answered cases beside it to show, not 64") as caught:
        resolved(ollama_by_script.url, models=[], candidates=["m pipeline=few_shot k=64"], loaded=[three])

    assert "Give k=2 or less" in str(caught.value.next_step)


def test_a_server_that_does_not_say_what_its_models_can_do_is_believed(ollama_by_script: ScriptedOllama) -> None:
    ollama_by_script.add("m", capabilities=())
    found = resolved(ollama_by_script.url, embedder="m", metrics=["semantic_similarity"])
    assert ["m"] == [model.model for model in found.metric_models]


SILENT = [
    {"candidates": ["m pipeline=retrieval corpus={folder} embedder=silent"], "models": []},
    {"embedder": "silent", "metrics": ["semantic_similarity"]},
]


@pytest.fixture
def without_vectors(ollama_by_script: ScriptedOllama, monkeypatch: pytest.MonkeyPatch) -> ScriptedOllama:
    """A server that lists no abilities of one model, which writes answers and gives no embeddings."""
    ollama_by_script.add("m")
    ollama_by_script.add("silent", capabilities=())
    usual = ollama_by_script.answer

    def answer(path: str, body: dict[str, Any]) -> dict[str, Any] | None:
        answered = usual(path, body)
        return {"embeddings": []} if path == "/api/embed" else answered

    monkeypatch.setattr(ollama_by_script, "answer", answer)
    return ollama_by_script


@pytest.mark.parametrize("request_fields", SILENT)
def test_a_model_that_is_said_nothing_of_is_asked_for_one_embedding_before_anything_else(
    without_vectors: ScriptedOllama, tmp_path: Path, request_fields: dict[str, Any]
) -> None:
    texts = [text.format(folder=tmp_path / "not-there") for text in request_fields.get("candidates", [])]
    fields = request_fields | ({"candidates": texts} if texts else {})

    with pytest.raises(ConfigurationError, match="model 'silent' embeds no texts, and") as refused:
        resolved(without_vectors.url, **fields)

    assert "lists no abilities" in refused.value.message
    assert "no usable embedding" in refused.value.message
    assert "Name another with" in str(refused.value.next_step)
    assert {"Hello": 1} == without_vectors.embedded


def test_a_dry_run_asks_no_model_for_an_embedding(without_vectors: ScriptedOllama) -> None:
    request = read_request(
        {
            "benchmarks": ["numbers"],
            "models": ["m"],
            "endpoints": [without_vectors.url],
            "embedder": "silent",
            "metrics": ["semantic_similarity"],
        }
    )

    asyncio.run(resolve(request, [NUMBERS], settings=Settings(), store=None, may_ask=False))

    assert {} == without_vectors.embedded


def test_a_model_is_asked_for_one_embedding_however_many_candidates_need_it(
    ollama_by_script: ScriptedOllama, tmp_path: Path
) -> None:
    (tmp_path / "a.md").write_text("Words.")
    ollama_by_script.add("m")
    ollama_by_script.add("silent", capabilities=())
    candidate = f"m pipeline=retrieval corpus={tmp_path} embedder=silent chunk_size=100"

    found = resolved(
        ollama_by_script.url,
        models=[],
        candidates=[candidate, f"{candidate} top_k=3"],
        embedder="silent",
        metrics=["semantic_similarity"],
    )

    assert 2 == len(found.candidates)
    assert {"Hello": 1} == ollama_by_script.embedded


@pytest.mark.parametrize("error", [TransientProviderError("busy", FailureKind.SERVER_DOWN), TimeoutError()])
def test_a_server_that_is_away_or_slow_proves_nothing(
    without_vectors: ScriptedOllama, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    async def embed(self: ModelServer, model: str, texts: Sequence[str]) -> tuple[TextEmbedding, ...]:
        raise error

    monkeypatch.setattr(ModelServer, "embed", embed)

    found = resolved(without_vectors.url, embedder="silent", metrics=["semantic_similarity"])

    assert ["silent"] == [model.model for model in found.metric_models]


def test_a_model_of_both_abilities_may_embed(ollama_by_script: ScriptedOllama) -> None:
    ollama_by_script.add("m", capabilities=("completion", "embedding"))
    found = resolved(ollama_by_script.url, embedder="m", metrics=["semantic_similarity"])
    assert ["m"] == [model.model for model in found.metric_models]


def legs(*relevant: dict[str, str], metrics: tuple[str, ...] = ("recall_at_k",)) -> Benchmark:
    """A benchmark whose second case names these passages as relevant."""
    cases = (
        Case(case_id="none", prompt="Why?", references=("8",)),
        Case(case_id="some", prompt="How many legs?", references=("8",), details={"relevant": list(relevant)}),
    )
    return Benchmark(name="legs", task_type="question_answering", cases=cases, metrics=metrics)


@pytest.fixture
def corpus(tmp_path: Path) -> Path:
    folder = tmp_path / "corpus"
    (folder / "animals").mkdir(parents=True)
    (folder / "animals/spiders.md").write_text("Spiders have\n8 legs. Flies have 6.")
    (folder / "animals/birds.md").write_text("Birds have 2.")
    (folder / "animals/legs.png").write_bytes(b"no text")
    return folder


def searching(server: ScriptedOllama, corpus: Path, benchmark: Benchmark) -> Resolution:
    server.add("m")
    candidate = f"m pipeline=retrieval corpus={corpus} method=bm25"
    return resolved(server.url, loaded=[benchmark], benchmarks=["legs"], models=[], candidates=[candidate])


@pytest.mark.parametrize(
    ("relevant", "what", "next_step"),
    [
        ({"document": "spiders.md"}, "document 'spiders.md', which the corpus", "It has 'animals/spiders.md'."),
        ({"document": "animals/bird.md"}, "which the corpus", "It has 'animals/birds.md'."),
        ({"document": "zoo.pdf"}, "does not have", "by their paths within the corpus"),
        ({"document": "animals/legs.png"}, "has left out: .png is not read", "name another corpus"),
        ({"document": "animals/birds.md", "text": "8 legs"}, "text that 'animals/birds.md' of", "letter by letter"),
        ({"text": "Spiders have 9 legs."}, "text that the corpus", "letter by letter"),
    ],
)
def test_a_case_whose_relevant_passage_no_search_can_find_is_refused_before_anything_is_asked(
    ollama_by_script: ScriptedOllama, corpus: Path, relevant: dict[str, str], what: str, next_step: str
) -> None:
    with pytest.raises(ConfigurationError) as raised:
        searching(ollama_by_script, corpus, legs({"document": "animals/spiders.md"}, relevant))

    assert "case 'some' of legs names" in raised.value.message
    assert what in raised.value.message
    assert str(corpus) in raised.value.message
    assert next_step in str(raised.value.next_step)
    assert not ollama_by_script.asked("m")


@pytest.mark.parametrize(
    "relevant",
    [
        {"document": "./animals/spiders.md"},
        {"document": "animals/spiders.md", "text": "Spiders have 8 legs."},
        {"text": "Birds  have 2."},
        {"text": "Long ago it was said: Spiders have 8 legs. Flies have 6."},
    ],
)
def test_a_case_whose_relevant_passage_is_in_the_corpus_is_asked(
    ollama_by_script: ScriptedOllama, corpus: Path, relevant: dict[str, str]
) -> None:
    assert 1 == len(searching(ollama_by_script, corpus, legs(relevant)).candidates)


def test_relevant_passages_that_no_metric_reads_are_not_looked_for(
    ollama_by_script: ScriptedOllama, corpus: Path
) -> None:
    benchmark = legs({"document": "zoo.pdf"}, metrics=("exact_match",))
    assert 1 == len(searching(ollama_by_script, corpus, benchmark).candidates)
