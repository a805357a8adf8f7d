"""A case on its way: replies in order, stored replies, and pipelines that are at fault."""

from dataclasses import dataclass
from typing import Any, ClassVar

import pytest
from hypothesis import given as drawn
from hypothesis import settings
from hypothesis import strategies as st
from scripted_pipeline import BENCHMARK, ScriptedModel, given

from evaluation.case import Benchmark, Case, PromptTemplate
from evaluation.errors import ConfigurationError, FailureKind
from evaluation.generation import Generation
from evaluation.passage import Passage
from evaluation.pipelines.best_of import BestOf
from evaluation.pipelines.cascade import Cascade
from evaluation.pipelines.catalogue import PIPELINES
from evaluation.pipelines.direct import Direct
from evaluation.pipelines.pipeline import Pipeline, PipelineInput, PipelineResult, Stages, one_reply
from evaluation.pipelines.retrieval import Retrieval
from evaluation.pipelines.sectioned import Section, Sectioned
from evaluation.pipelines.stages import AskModel, ModelReply, SearchPassages, StageReply
from evaluation.pipelines.walk import PipelineFailedError, Walk

SECTIONS = (Section(name="one", prompt="First: {document}"), Section(name="two", prompt="Then {sections}"))
ALL: tuple[Pipeline, ...] = (
    *(PIPELINES[name]() for name in ("direct", "few_shot", "chain_of_thought", "self_consistency", "best_of")),
    BestOf(n=3, metric="word_count"),
    PIPELINES["refine"](rounds=3),  # type: ignore[call-arg]
    PIPELINES["map_reduce"](chunk_size=8, chunk_overlap=2, note_tokens=4),  # type: ignore[call-arg]
    Sectioned(sections=SECTIONS, parallel=False),
    Retrieval(corpus="docs", embedder="embed", rerank="judge", top_k=2),
    *(Cascade(large="large:70b", signal=signal) for signal in ("agreement", "refusal", "format")),
    Cascade(large="large:70b", signal="logprob", threshold=-0.5, ask_both=True),
)
PASSAGES = tuple(Passage(document="a.txt", position=i, text=f"Spiders have {i} legs.") for i in range(6))
EXAMPLES = tuple(Case(case_id=f"e{i}", prompt=f"{i} + 1?", references=(str(i + 1),)) for i in range(6))
DOCUMENT = " ".join(f"Sentence {i} is here." for i in range(30))


def task() -> PipelineInput:
    case = Case(case_id="a", prompt="How many?", references=("8",), context=(DOCUMENT,))
    benchmark = Benchmark(
        name="legs", task_type="summarization", cases=(), prompt=PromptTemplate(template="{context}\n\n{prompt}")
    )
    return given(case, benchmark, examples=EXAMPLES, options={"num_ctx": 300, "num_predict": 64})


def test_every_pipeline_is_among_those_tested() -> None:
    assert set(PIPELINES) == {pipeline.name for pipeline in ALL}


@pytest.mark.parametrize("pipeline", ALL, ids=lambda pipeline: pipeline.signature[:60])
def test_a_case_continues_from_the_replies_that_are_stored(pipeline: Pipeline) -> None:
    model = ScriptedModel(passages=PASSAGES)
    unbroken = model.run(pipeline, task())
    replies = {request.stage: model.reply(request) for request in model.asked}
    names = [request.stage for request in model.asked]

    assert len(set(names)) == len(names)
    for n_stored in range(len(names) + 1):
        stored = {name: replies[name] for name in names[:n_stored]}
        walk = Walk(pipeline, task())
        walk.feed_stored(stored)
        asked_again: list[str] = []
        while walk.result is None:
            open_requests = [request for request in walk.waiting if request.stage not in stored]
            asked_again += [request.stage for request in open_requests]
            walk.feed(stored.get(request.stage) or model.reply(request) for request in walk.waiting)
        assert asked_again == names[n_stored:]
        assert walk.result == unbroken


@pytest.mark.parametrize("pipeline", ALL, ids=lambda pipeline: pipeline.signature[:60])
@settings(max_examples=40, deadline=None)
@drawn(texts=st.lists(st.text(max_size=60) | st.sampled_from([*FailureKind]), min_size=1, max_size=8))
def test_whatever_a_model_says_a_case_ends(pipeline: Pipeline, texts: list[str | FailureKind]) -> None:
    replies = iter(texts * 2_000)

    def answer(request: AskModel) -> str | FailureKind:
        reply = next(replies)
        return reply if not isinstance(reply, FailureKind) or reply.is_the_candidates_own else FailureKind.EMPTY_ANSWER

    result = ScriptedModel(answer=answer, passages=PASSAGES).run(pipeline, task())

    assert (result.failure is None) == (result.message is None)
    assert result.confidence is None or 0 <= result.confidence <= 1


@pytest.mark.parametrize("pipeline", [p for p in ALL if p.name in ("direct", "refine", "few_shot")], ids=repr)
def test_a_failure_of_the_model_names_its_stage(pipeline: Pipeline) -> None:
    model = ScriptedModel(answer=lambda request: FailureKind.EMPTY_ANSWER)

    result = model.run(pipeline, task())

    assert result.failure is FailureKind.EMPTY_ANSWER
    assert result.message == f"stage {model.asked[0].stage!r}: empty answer"


@dataclass(frozen=True, kw_only=True)
class Searching(Pipeline):
    name: ClassVar[str] = "searching"
    summary: ClassVar[str] = "for tests"

    def run(self, given: PipelineInput) -> Stages:
        yield (SearchPassages(stage="search", query=given.question, method="bm25", top_k=2),)
        reply = yield from one_reply(AskModel(stage="answer", messages=given.messages))
        return PipelineResult(answer=reply.text)


def test_what_a_search_found_stays_where_a_later_stage_fails() -> None:
    failed = ScriptedModel(answer=lambda _: FailureKind.EMPTY_ANSWER, passages=PASSAGES).run(Searching())
    answered = ScriptedModel(passages=PASSAGES).run(Searching())

    assert PASSAGES[:2] == failed.sources
    assert answered.sources is None


def test_direct_sends_what_is_sent_without_a_pipeline() -> None:
    model = ScriptedModel()

    result = model.run(Direct(), given())

    assert next(request for request in model.asked if isinstance(request, AskModel)).messages == given().messages
    assert result == PipelineResult(answer="reply to answer")


@dataclass(frozen=True, kw_only=True)
class Faulty(Pipeline):
    name: ClassVar[str] = "faulty"
    summary: ClassVar[str] = "for tests"

    fault: str = ""

    def run(self, given: PipelineInput) -> Stages:
        request = AskModel(stage="again", messages=given.messages)
        if self.fault == "raises":
            raise KeyError("lost")
        if self.fault == "nothing":
            yield ()
        if self.fault == "text":
            yield "ask"  # type: ignore[misc]
        if self.fault == "result":
            return "8"  # type: ignore[return-value]
        number = 0
        while True:
            number += 1
            yield (request if self.fault == "same name" else AskModel(stage=str(number), messages=given.messages),)


@pytest.mark.parametrize(
    ("fault", "message"),
    [
        ("raises", "KeyError: 'lost'"),
        ("nothing", "must yield a tuple of requests, at least one"),
        ("text", "must yield a tuple of requests, at least one"),
        ("result", "returned str, not a PipelineResult"),
        ("same name", "names two stages 'again'"),
        ("endless", "asked more than 2,000 requests for one case"),
    ],
)
def test_a_faulty_pipeline_is_named_with_its_case(fault: str, message: str) -> None:
    with pytest.raises(PipelineFailedError) as error:
        ScriptedModel().run(Faulty(fault=fault))

    assert "pipeline 'faulty': " in str(error.value)
    assert message in str(error.value)


def test_replies_must_be_as_many_as_requests() -> None:
    walk = Walk(Direct(), given())
    replies: list[StageReply] = [
        ModelReply(generation=Generation(answer="8", text="8")),
        ModelReply(generation=Generation(answer="9", text="9")),
    ]

    with pytest.raises(ValueError, match="2 replies to 1 request"):
        walk.feed(replies)


@pytest.mark.parametrize(
    ("name", "options", "message"),
    [
        ("self_consistency", {"n": 1}, "n=1 must be from 2 to 100"),
        ("self_consistency", {"sample_temperature": 0.0}, "every sample is the same"),
        ("best_of", {"n": 27}, "n=27 must be from 2 to 26"),
        ("best_of", {"judge": "a", "metric": "word_count"}, "not both"),
        ("best_of", {"metric": "rouge_l"}, "needs references beside the answer"),
        ("refine", {"rounds": 0}, "rounds=0 must be from 1 to 10"),
        ("few_shot", {"k": 0}, "k=0 must be from 1 to 64"),
        ("map_reduce", {"chunk_size": 0}, "chunk_size=0 must be at least 1"),
        ("map_reduce", {"chunk_size": 8, "chunk_overlap": 8}, "must be at least 0 and below chunk_size=8"),
        ("map_reduce", {"map_prompt": "Notes, please."}, "map_prompt has no {text}"),
        ("map_reduce", {"note_tokens": 0}, "note_tokens=0 must be at least 1"),
        ("sectioned", {"sections": ()}, "0 sections; 1 to 100 are allowed"),
        ("sectioned", {"sections": (SECTIONS[0], SECTIONS[0])}, "two sections are named 'one'"),
        ("sectioned", {"sections": SECTIONS}, "Set parallel=false"),
        ("sectioned", {"sections": (Section(name=" ", prompt="x"),)}, "section 1 has no name"),
        ("cascade", {"large": ""}, "no larger model"),
        ("cascade", {"large": "b", "threshold": 2.0}, "threshold=2 must be from 0 to 1"),
        ("cascade", {"large": "b", "signal": "logprob"}, "a log-probability never is"),
        ("cascade", {"large": "b", "pattern": "("}, "is no regular expression"),
        ("retrieval", {"corpus": "docs"}, "method=hybrid needs an embedding model"),
        ("retrieval", {"corpus": ""}, "no corpus"),
        ("retrieval", {"corpus": "docs", "method": "bm25", "top_k": -1}, "top_k=-1 must be from 1 to 1,000"),
        ("retrieval", {"corpus": "docs", "method": "bm25", "prompt": "{question}"}, "the prompt has no {sources}"),
        ("retrieval", {"corpus": "docs", "method": "bm25", "min_similarity": 1.5}, "must be from -1 to 1"),
    ],
)
def test_options_that_cannot_work_are_refused(name: str, options: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigurationError) as error:
        PIPELINES[name](**options)

    assert message in str(error.value)
    assert name in str(error.value)


def test_other_models_are_those_of_the_options() -> None:
    assert Retrieval(corpus="docs", embedder="embed", rerank="judge").other_models == ("embed", "judge")
    assert Cascade(large="large:70b").other_models == ("large:70b",)
    assert Direct().other_models == ()
    assert BENCHMARK.cases == ()
