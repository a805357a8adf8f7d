"""Answers from passages of a corpus, which are searched for the question."""

import json
import re
from collections.abc import Generator, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar, Literal, cast

from evaluation.case import Message
from evaluation.errors import ConfigurationError
from evaluation.fingerprint import canonical_json
from evaluation.formatting import counted
from evaluation.metrics.sentence_splitting import split_sentences
from evaluation.passage import Passage
from evaluation.pipelines.context_room import PROMPT_MARGIN, TOKENS_PER_WORD, estimated_tokens, n_that_fit
from evaluation.pipelines.map_reduce import refuse_chunks
from evaluation.pipelines.pipeline import (
    CORPUS,
    EMBEDDER,
    MODEL,
    Pipeline,
    PipelineInput,
    PipelineResult,
    StageFailedError,
    Stages,
    all_replies,
    filled,
)
from evaluation.pipelines.placeholders import refuse_placeholders
from evaluation.pipelines.stages import (
    AskModel,
    EmbedTexts,
    Passages,
    SearchPassages,
    StageReply,
    StageRequest,
    Vectors,
)
from evaluation.retrieval.passages import Chunker
from evaluation.typed_options import DEFAULT_IN_WORDS

PRESETS: dict[str, dict[str, float]] = {
    "fast": {"chunk_size": 512, "top_k": 10, "min_similarity": 0.35},
    "balanced": {"chunk_size": 1024, "top_k": 20, "min_similarity": 0.28},
    "accurate": {"chunk_size": 2048, "top_k": 40, "min_similarity": 0.22},
}
PROMPT = (
    "Answer the question from the numbered sources below. Name the sources of each statement by their numbers, such as "
    "[1] or [2][3]. If the sources do not hold the answer, say so.\n\n{sources}\n\nQuestion: {question}"
)
CITATION = re.compile(r"\[(\d{1,3}(?:\s*[,;]\s*\d{1,3})*)\]")
MOST_PASSAGES = 1_000
OF_PRESET = {DEFAULT_IN_WORDS: "that of the preset"}
RERANK_WORDS_TOKENS = 64
"""Tokens of the words around question and passages in the prompt that reranks."""
LEFT_OUT = "passages_left_out"
"""Name of the note on how many of the best `top_k` passages did not fit the context."""
NOTHING_FOUND = "nothing_found"
"""Name of the note on a search that found no passage."""


@dataclass(frozen=True, kw_only=True)
class Retrieval(Pipeline):
    """Finds the passages of a corpus that fit the question, and asks for an answer from them alone."""

    name: ClassVar[str] = "retrieval"
    version: ClassVar[str] = "2"
    summary: ClassVar[str] = "searches a corpus for the question, and answers from the passages found"
    example: ClassVar[str] = "corpus=docs/ embedder=nomic-embed-text"
    source: ClassVar[str] = "Lewis et al. 2020, arXiv:2005.11401; fusion: Cormack et al. 2009"

    corpus: str = field(metadata=CORPUS)
    """Folder or file with the documents."""
    embedder: str = field(default="", metadata=EMBEDDER)
    """Embedding model; not needed for `bm25`."""
    method: Literal["dense", "bm25", "hybrid"] = "hybrid"
    """`dense`: by embeddings; `bm25`: by words; `hybrid`: both, joined by reciprocal rank fusion."""
    preset: Literal["fast", "balanced", "accurate"] = "balanced"
    """Size, passages, least similarity: `fast` 512, 10, .35; `balanced` 1024, 20, .28; `accurate` 2048, 40, .22."""
    chunk_size: int = field(default=0, metadata=OF_PRESET)
    """Words of a chunk."""
    chunk_overlap: int = field(default=-1, metadata={DEFAULT_IN_WORDS: "an eighth of chunk_size"})
    """Words that a chunk repeats of the one before."""
    top_k: int = field(default=0, metadata=OF_PRESET)
    """Passages shown to the model as far as they fit its context, not the sampling option."""
    min_similarity: float = field(default=-2.0, metadata=OF_PRESET)
    """Least cosine between question and passage, for what embeddings find."""
    rerank: str = field(default="", metadata=MODEL)
    """Model that orders the passages anew before the best `top_k` are shown; empty: none does."""
    prompt: str = PROMPT
    """`{sources}`: the numbered passages; `{question}`: the case's prompt."""

    def __post_init__(self) -> None:
        """Fill in the preset's values, and refuse those that cannot work."""
        for name, value in PRESETS[self.preset].items():
            current = getattr(self, name)
            if current == (-2 if name == "min_similarity" else 0):
                object.__setattr__(self, name, value if name == "min_similarity" else int(value))
        if self.chunk_overlap == -1:
            object.__setattr__(self, "chunk_overlap", self.chunk_size // 8)
        self._check()

    def _check(self) -> None:
        if not self.corpus:
            raise ConfigurationError("retrieval: no corpus", "For example corpus=docs/")
        if self.method != "bm25" and not self.embedder:
            raise ConfigurationError(
                f"retrieval: method={self.method} needs an embedding model",
                "For example embedder=nomic-embed-text, or method=bm25.",
            )
        refuse_chunks(self.name, self.chunk_size, self.chunk_overlap)
        if not 1 <= self.top_k <= MOST_PASSAGES:
            raise ConfigurationError(
                f"retrieval: top_k={self.top_k} must be from 1 to {MOST_PASSAGES:,}", "For example top_k=10"
            )
        if not -1 <= self.min_similarity <= 1:
            raise ConfigurationError(
                f"retrieval: min_similarity={self.min_similarity:g} must be from -1 to 1",
                "For example min_similarity=0.3",
            )
        places = ("sources", "question")
        refuse_placeholders("retrieval: the prompt", self.prompt, filled=places, needed=places)

    @property
    def embedders(self) -> tuple[str, ...]:
        """The embedding model, where the method needs one."""
        return () if self.method == "bm25" else (self.embedder,)

    @property
    def other_models(self) -> tuple[str, ...]:
        """The embedding model and the one that reranks, where they are asked."""
        return tuple(dict.fromkeys(filter(None, (*self.embedders, self.rerank))))

    @property
    def chunker(self) -> Chunker:
        """How the documents are split."""
        return Chunker(size=self.chunk_size, overlap=self.chunk_overlap)

    @property
    def searches_words(self) -> bool:
        """True but for `dense`."""
        return self.method != "dense"

    def problem(self, task: PipelineInput) -> str | None:
        """Say that not even one passage fits the context."""
        longest = int(self.chunk_size * TOKENS_PER_WORD)
        if longest <= (room := self._room(task)):
            return None
        return (
            f"is answered from passages of {counted(self.chunk_size, 'word')}, about {counted(longest, 'token')}, and "
            f"num_ctx={task.context_tokens} has room for {max(0, room):,} beside the prompt and "
            f"{counted(task.answer_tokens, 'token')} of answer"
        )

    def _room(self, task: PipelineInput) -> int:
        """Return the tokens that the sources may have together."""
        system = (turn.content for turn in task.messages if turn.role == "system")
        around = " ".join((*system, self.prompt, task.question))
        return task.context_tokens - task.answer_tokens - PROMPT_MARGIN - estimated_tokens(around)

    def run(self, task: PipelineInput) -> Stages:
        """Search, let a model order what was found where one is named, and ask for the answer."""
        passages = yield from self._search(task.question)
        if self.rerank and len(passages) > 1:
            passages = yield from self._reranked(task, passages)
        passages = passages[: self.top_k]
        n_found = len(passages)
        passages = passages[: n_that_fit([passage.text for passage in passages], self._room(task))]
        sources = "\n\n".join(f"[{i}] {passage.text}" for i, passage in enumerate(passages, 1)) or "(no source found)"
        content = filled(self.prompt, sources=sources, question=task.question)
        system = tuple(turn for turn in task.messages if turn.role == "system")
        messages = (*system, Message(role="user", content=content))
        request = AskModel(stage="answer", messages=messages)
        (reply,) = yield from all_replies([request])
        notes: dict[str, Any] = {"passages": len(passages)}
        if not n_found:
            notes[NOTHING_FOUND] = True
        if len(passages) < n_found:
            notes[LEFT_OUT] = n_found - len(passages)
        if reply.failure is not None:
            error = StageFailedError(request.stage, reply.failure)
            return PipelineResult(answer="", failure=error.kind, message=str(error), sources=passages, notes=notes)
        notes["citations"] = citations(reply.text, len(passages))
        return PipelineResult(answer=reply.text, sources=passages, notes=notes)

    def _search(
        self, question: str
    ) -> Generator[tuple[StageRequest, ...], tuple[StageReply, ...], tuple[Passage, ...]]:
        vector: tuple[float, ...] = ()
        if self.method != "bm25":
            (embedded,) = yield (EmbedTexts(stage="embed question", texts=(question,), model=self.embedder),)
            vector = cast("Vectors", embedded).values[0]
        search = SearchPassages(
            stage="search",
            query=question,
            vector=vector,
            method=self.method,
            top_k=2 * self.top_k if self.rerank else self.top_k,
            min_similarity=self.min_similarity,
        )
        (reply,) = yield (search,)
        return cast("Passages", reply).passages

    def _reranked(
        self, task: PipelineInput, passages: tuple[Passage, ...]
    ) -> Generator[tuple[StageRequest, ...], tuple[StageReply, ...], tuple[Passage, ...]]:
        """Return the passages in a model's order; behind them those that do not fit its prompt."""
        most = 16 + 6 * len(passages)
        room = task.context_tokens - most - PROMPT_MARGIN - estimated_tokens(task.question) - RERANK_WORDS_TOKENS
        n = n_that_fit([passage.text for passage in passages], room)
        passages, behind = passages[:n], passages[n:]
        if n < 2:
            return passages + behind
        listed = "\n\n".join(f"[{i}] {passage.text}" for i, passage in enumerate(passages, 1))
        content = (
            f"Question: {task.question}\n\nPassages:\n\n{listed}\n\nReply with JSON: the numbers of the passages that "
            'help to answer the question, the most helpful first: {"order": [number, …]}.'
        )
        schema = {
            "type": "object",
            "properties": {"order": {"type": "array", "items": {"type": "integer"}}},
            "required": ["order"],
        }
        request = AskModel(
            stage="rerank",
            model=self.rerank,
            messages=(Message(role="user", content=content),),
            options={"temperature": 0.0, "num_predict": most},
            schema=canonical_json(schema),
        )
        (reply,) = yield from all_replies([request])
        order = read_order(reply.text, len(passages))
        return tuple(passages[index] for index in order) + behind


def read_order(text: str, n: int) -> list[int]:
    """Return the indices from 0 to `n` - 1 in the order that a reply names; those that it leaves out come last."""
    try:
        value: Any = json.loads(text)
        named = value.get("order") if isinstance(value, dict) else value
    except (ValueError, RecursionError):
        named = [int(digits) for digits in re.findall(r"\[(\d{1,4})\]", text)]
    numbers = [number for number in named if type(number) is int] if isinstance(named, list) else []
    order = list(dict.fromkeys(number - 1 for number in numbers if 1 <= number <= n))
    return order + [index for index in range(n) if index not in order]


def citations(answer: str, n_sources: int) -> list[list[int]]:
    """Return the numbers of the sources that each sentence of the answer cites, those that there are."""
    return [_cited(sentence, n_sources) for sentence in _sentences_with_citations(answer)]


def _sentences_with_citations(answer: str) -> Sequence[str]:
    """Return the sentences, a citation behind a full stop with the sentence before it."""
    sentences: list[str] = []
    for sentence in split_sentences(answer):
        rest = CITATION.match(sentence.lstrip())
        while sentences and rest:
            sentences[-1] += f" {rest.group()}"
            sentence = sentence.lstrip()[rest.end() :]
            rest = CITATION.match(sentence.lstrip())
        if sentence.strip():
            sentences.append(sentence)
    return sentences


def _cited(sentence: str, n_sources: int) -> list[int]:
    numbers = [int(digits) for match in CITATION.finditer(sentence) for digits in re.findall(r"\d+", match[1])]
    return sorted({number for number in numbers if 1 <= number <= n_sources})
