"""A pipeline of a user's file that searches a corpus: what it declares, and what is refused."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from scripted_pipeline import ScriptedModel

from evaluation.errors import ConfigurationError
from evaluation.passage import Passage
from evaluation.pipelines import pipeline_process
from evaluation.pipelines.parsing import parse_pipeline
from evaluation.pipelines.pipeline import DEFAULT_CHUNKER, Pipeline
from evaluation.pipelines.pipeline_process import end_processes
from evaluation.pipelines.stages import CountTokens
from evaluation.pipelines.walk import PipelineFailedError
from evaluation.requests.pipeline_words import pipeline_words
from evaluation.resolution.resolved_candidate import signature_of

FINDS = """
from dataclasses import dataclass, field, replace
from typing import ClassVar

from evaluation.case import Message
from evaluation.passage import Passage
from evaluation.pipelines.pipeline import CORPUS, EMBEDDER, MODEL, PATH, Pipeline, PipelineResult, one_reply
from evaluation.pipelines.stages import AskModel, CountTokens, EmbedTexts, SearchPassages
from evaluation.retrieval.passages import Chunker

@dataclass(frozen=True, kw_only=True)
class Finds(Pipeline):
    name: ClassVar[str] = "finds"
    summary: ClassVar[str] = "answers with the best passage"

    corpus: str = field(default="", metadata=CORPUS)
    embedder: str = field(default="", metadata=EMBEDDER)
    method: str = "hybrid"
    top_k_passages: int = 2
    least: float = -1.0
    what: str = ""

    def run(self, task):
        vector = ()
        if self.method != "bm25" and self.what != "no vector":
            (reply,) = yield (EmbedTexts(stage="embed", texts=(task.question,), model=self.embedder),)
            (vector,) = reply.values
        if self.what == "nan":
            vector = tuple(float("nan") for _ in vector)
        if self.what == "ask embedder":
            yield (AskModel(stage="ask", messages=(Message(role="user", content="?"),), model=self.embedder),)
        if self.what == "no text":
            yield (EmbedTexts(stage="nothing", texts=(), model=self.embedder),)
        (reply,) = yield (
            SearchPassages(
                stage="search", query=task.question, vector=vector, method=self.method, top_k=self.top_k_passages,
                min_similarity=self.least,
            ),
        )
        sources = reply.passages
        if self.what == "invent":
            sources = (Passage(document="invented.md", position=0, text="It is so."),)
        if self.what == "infinite":
            sources = tuple(replace(source, relevance=float("inf")) for source in sources)
        return PipelineResult(answer=sources[0].text, sources=sources)
"""
FOUND = [Passage(document="a.md", position=n, text=f"Fact {n}.", relevance=0.5, page=n or None) for n in range(3)]


@pytest.fixture(autouse=True)
def processes() -> Iterator[None]:
    yield
    end_processes()
    pipeline_process._processes.clear()


@pytest.fixture
def finds(tmp_path: Path) -> Callable[..., Pipeline]:
    def parsed(source: str = FINDS, **options: str) -> Pipeline:
        (tmp_path / "finds.py").write_text(source)
        return parse_pipeline(f"{tmp_path}/finds.py:Finds", options)

    return parsed


def test_what_it_needs_is_known_before_it_is_run(finds: Callable[..., Pipeline]) -> None:
    with_both, by_words, without = finds(corpus="docs", embedder="e"), finds(corpus="docs"), finds()

    assert ("docs", DEFAULT_CHUNKER, ("e",), ("e",), ("e",)) == (
        with_both.corpus_path,
        with_both.chunker,
        with_both.embedders,
        with_both.other_models,
        with_both.never_its_own,
    )
    assert ("docs", DEFAULT_CHUNKER, ()) == (by_words.corpus_path, by_words.chunker, by_words.other_models)
    assert (None, None) == (without.corpus_path, without.chunker)


def test_passages_and_vectors_reach_it_and_its_sources_come_back_as_they_were(finds: Callable[..., Pipeline]) -> None:
    model = ScriptedModel(passages=FOUND)

    result = model.run(finds(corpus="docs", embedder="e"))

    assert tuple(FOUND[:2]) == result.sources
    assert [["embed"], ["search"]] == model.rounds


def test_a_folder_that_was_moved_is_the_same_and_another_name_or_chunker_is_another(
    finds: Callable[..., Pipeline], tmp_path: Path
) -> None:
    moved = {signature_of(finds(corpus=f"{folder}/docs")) for folder in ("/here", "/there")}
    other = signature_of(finds(corpus="/here/papers"))

    assert 1 == len(moved)
    assert "corpus='docs'" in next(iter(moved))
    assert other not in moved


def test_a_path_of_a_corpus_is_made_whole_and_any_other_text_stays(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "docs").mkdir()
    monkeypatch.chdir(tmp_path)
    words = pipeline_words({"pipeline": "mine.py:Mine"})

    assert str(tmp_path / "docs") == words.with_whole_path("corpus", "docs")
    assert "wikipedia" == words.with_whole_path("corpus", "wikipedia")
    assert "docs" == words.with_whole_path("style", "docs")


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        (
            "    def run",
            "    @property\n    def chunker(self):\n        return Chunker(size=8, overlap=8)\n\n    def run",
            "Finds: chunk_overlap=8 must be at least 0 and below chunk_size=8",
        ),
        (
            "    def run",
            "    @property\n    def chunker(self):\n        return Chunker(size=0)\n\n    def run",
            "Finds: chunk_size=0 must be at least 1",
        ),
        (
            "    def run",
            "    @property\n    def chunker(self):\n        return None\n\n    def run",
            "Finds: its corpus has no chunker",
        ),
        (
            "    def run",
            "    @property\n    def chunker(self):\n        return 512\n\n    def run",
            "it.chunker is a int, not Chunker or NoneType",
        ),
        (
            "    def run",
            "    @property\n    def chunker(self):\n        return 1 / 0\n\n    def run",
            "ZeroDivisionError",
        ),
        (
            "    def run",
            "    @property\n    def embedders(self):\n        return ['e']\n\n    def run",
            "",
        ),
        (
            "    def run",
            "    @property\n    def embedders(self):\n        return (5,)\n\n    def run",
            "it.other_models[1] is a int, not str",
        ),
        (
            "    def run",
            "    @property\n    def other_models(self):\n        return ('',)\n\n    def run",
            "Finds: its other_models have an empty name",
        ),
        (
            "    method: str",
            "    second: str = field(default='f', metadata=EMBEDDER)\n    method: str",
            "Finds: e and f cannot both embed the corpus",
        ),
        ("corpus: str = field", "folder: str = field", "names its corpus by the option 'folder'"),
        (
            "    def run",
            "    @property\n    def corpus_path(self):\n        return ''\n\n    def run",
            "Finds: no corpus",
        ),
        (
            "    def run",
            "    @property\n    def corpus_path(self):\n        return 7\n\n    def run",
            "it.corpus is a int, not str or NoneType",
        ),
    ],
)
def test_a_declaration_that_no_run_can_be_planned_for_is_refused(
    finds: Callable[..., Pipeline], old: str, new: str, message: str
) -> None:
    source = FINDS.replace(old, new, 1)
    if not message:
        assert ("e",) == finds(source, corpus="docs", embedder="e").embedders
        return
    with pytest.raises(ConfigurationError) as error:
        finds(source, corpus="docs", embedder="e")

    assert message in error.value.message
    assert error.value.next_step or "chunk_size=0" in message


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"corpus": ""}, "stage 'search' searches passages, but no option names a corpus"),
        ({"method": "fuzzy"}, "stage 'search' searches by 'fuzzy', not by dense, bm25, hybrid"),
        ({"top_k_passages": "0"}, "searches for 0 passages (top_k); from 1 to 1,000 are allowed"),
        ({"top_k_passages": "10000000"}, "searches for 10,000,000 passages (top_k)"),
        ({"least": "2"}, "searches with min_similarity=2, which is not from -1 to 1"),
        ({"embedder": "", "what": "no vector"}, "but no option names an embedder"),
        ({"what": "no vector"}, "without the embedding of its query as `vector`"),
        ({"what": "nan"}, "without the embedding of its query as `vector`"),
        ({"what": "ask embedder"}, "asks 'e' for an answer, which it names as the model that embeds"),
        ({"what": "no text"}, "stage 'nothing' has no texts"),
        ({"embedder": ""}, "stage 'embed' names no model that embeds"),
        ({"what": "invent"}, "names the source 'invented.md#0', which none of its searches returned"),
        ({"what": "infinite"}, "its source 'a.md#0' has the relevance inf"),
    ],
)
def test_a_request_or_source_that_makes_no_sense_fails_the_case_by_name(
    finds: Callable[..., Pipeline], options: dict[str, str], message: str
) -> None:
    with pytest.raises(PipelineFailedError) as error:
        ScriptedModel(passages=FOUND).run(finds(**{"corpus": "docs", "embedder": "e", **options}))

    assert message in error.value.message


def test_by_words_alone_it_needs_no_embedder(finds: Callable[..., Pipeline]) -> None:
    model = ScriptedModel(passages=FOUND)

    assert "Fact 0." == model.run(finds(corpus="docs", method="bm25")).answer
    assert [["search"]] == model.rounds


def test_what_its_searches_returned_is_known_again_after_its_process_was_lost(finds: Callable[..., Pipeline]) -> None:
    ends = FINDS.replace(
        "        sources = reply.passages\n",
        "        sources = reply.passages\n        yield (CountTokens(stage='n', texts=('a',)),)\n",
    )
    pipeline, model = finds(ends, corpus="docs", embedder="e"), ScriptedModel(passages=FOUND)
    original = model.reply

    def reply(request: object) -> object:
        if isinstance(request, CountTokens):
            end_processes()
        return original(request)  # type: ignore[arg-type]

    model.reply = reply  # type: ignore[method-assign, assignment]

    assert tuple(FOUND[:2]) == model.run(pipeline).sources
