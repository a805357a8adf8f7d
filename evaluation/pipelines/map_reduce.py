"""Notes on each part of a long document, and the answer from the notes."""

import math
from collections.abc import Generator, Sequence
from dataclasses import dataclass
from typing import ClassVar, cast

from evaluation.case import Message
from evaluation.errors import ConfigurationError, FailureKind
from evaluation.formatting import counted
from evaluation.pipelines.context_room import PROMPT_MARGIN, TOKENS_PER_WORD, estimated_tokens
from evaluation.pipelines.pipeline import (
    Pipeline,
    PipelineInput,
    PipelineResult,
    StageFailedError,
    Stages,
    all_replies,
    filled,
    one_reply,
    usable,
)
from evaluation.pipelines.placeholders import refuse_placeholders
from evaluation.pipelines.stages import AskModel, CountTokens, ModelReply, StageReply, StageRequest, TokenCounts
from evaluation.retrieval.chunking import LONGEST_PIECE, Chunk, packed, pieces

WORD_TOKENS = 4
"""Tokens that a word may have before a piece of a long sentence is larger than a chunk."""
MOST_LEVELS = 8
MAP_PROMPT = (
    "Below is part {number} of {total} of a document. Note briefly what it says that matters for this task: {question}"
    "\n\n{text}"
)
COMBINE_PROMPT = (
    "Below are notes on consecutive parts of a document. Combine them into one shorter set of notes that keeps what "
    "matters for this task: {question}\n\n{text}"
)


@dataclass(frozen=True, kw_only=True)
class MapReduce(Pipeline):
    """Splits the document into chunks, asks for notes on each, and answers from the notes.

    Notes that do not fit the context are combined first, level by level.
    """

    name: ClassVar[str] = "map_reduce"
    version: ClassVar[str] = "2"
    summary: ClassVar[str] = "takes notes on each chunk of the document, and answers from the notes"
    source: ClassVar[str] = "Wu et al. 2021, arXiv:2109.10862"

    chunk_size: int = 1024
    """Tokens of a chunk where the server counts tokens, else words."""
    chunk_overlap: int = 0
    """Tokens or words that a chunk repeats of the one before."""
    note_tokens: int = 256
    """Most output tokens of a note."""
    map_prompt: str = MAP_PROMPT
    """`{text}`: the chunk; `{question}`: the case's prompt; `{number}` and `{total}`: which chunk of how many."""
    combine_prompt: str = COMBINE_PROMPT
    """`{text}`: notes; `{question}`: the case's prompt."""

    def __post_init__(self) -> None:
        """Refuse sizes that cannot work and prompts without a place for the text."""
        refuse_chunks(self.name, self.chunk_size, self.chunk_overlap)
        if self.note_tokens < 1:
            raise ConfigurationError(
                f"map_reduce: note_tokens={self.note_tokens} must be at least 1", "For example note_tokens=256"
            )
        places = ("text", "question", "number", "total")
        refuse_placeholders("map_reduce: map_prompt", self.map_prompt, filled=places, needed=places[:1])
        refuse_placeholders("map_reduce: combine_prompt", self.combine_prompt, filled=places[:2], needed=places[:1])

    def problem(self, task: PipelineInput) -> str | None:
        """Say that a chunk and its note cannot fit the context."""
        if task.case.messages and not task.case.context:
            return "is a conversation without passages: there is no document to split"
        chunk_tokens = self.chunk_size if task.may_count_tokens else math.ceil(self.chunk_size * TOKENS_PER_WORD)
        if chunk_tokens + self.note_tokens < task.context_tokens:
            return None
        size = counted(chunk_tokens, "token")
        if not task.may_count_tokens:
            size = f"{counted(self.chunk_size, 'word')}, about {size}"
        return (
            f"is split into chunks of {size}, which with notes of {counted(self.note_tokens, 'token')} do not fit "
            f"num_ctx={task.context_tokens}"
        )

    def run(self, task: PipelineInput) -> Stages:
        """Ask for notes on all chunks side by side, combine them until they fit, and ask for the answer."""
        chunks, unit = yield from self._chunks(task)
        notes = {"chunks": len(chunks), "chunk_unit": unit}
        if len(chunks) < 2:
            reply = yield from one_reply(AskModel(stage="answer", messages=task.messages))
            return PipelineResult(answer=reply.text, notes={**notes, "levels": 0})
        requests = [
            self._note(f"map {i}", self.map_prompt, task, text=chunk.text, number=str(i), total=str(len(chunks)))
            for i, chunk in enumerate(chunks, 1)
        ]
        written = written_notes(requests, (yield from all_replies(requests)))
        notes["parts_without_note"] = len(chunks) - len(written)
        level = 0
        while (groups := self._groups(written, task)) is not None:
            level += 1
            if level > MOST_LEVELS or len(groups) >= len(written):
                raise StageFailedError("reduce", FailureKind.PROMPT_TOO_LONG, "the notes do not fit the context")
            requests = [
                self._note(
                    f"combine {level}.{i}", self.combine_prompt, task, text="\n\n".join(note.text for note in group)
                )
                for i, group in enumerate(groups, 1)
            ]
            written = written_notes(requests, (yield from all_replies(requests)))
        joined = "\n\n".join(note.text for note in written)
        reply = yield from one_reply(AskModel(stage="reduce", messages=task.with_document(joined)))
        return PipelineResult(answer=reply.text, reasoning=joined, notes={**notes, "levels": level + 1})

    def _chunks(
        self, task: PipelineInput
    ) -> Generator[tuple[StageRequest, ...], tuple[StageReply, ...], tuple[tuple[Chunk, ...], str]]:
        """Return the document's chunks, and the unit of their sizes: tokens or words."""
        text = task.document
        parts = pieces(text, longest=min(LONGEST_PIECE, max(1, self.chunk_size // WORD_TOKENS)))
        texts = tuple(text[part.start : part.end] for part in parts)
        (counted,) = yield (CountTokens(stage="count tokens", texts=texts),)
        counts = cast("TokenCounts", counted).values
        sizes = [part.n_words for part in parts] if counts is None else list(counts)
        chunks = packed(text, parts, sizes, size=self.chunk_size, overlap=self.chunk_overlap)
        return chunks, "words" if counts is None else "tokens"

    def _note(self, stage: str, prompt: str, task: PipelineInput, **values: str) -> AskModel:
        content = filled(prompt, question=task_of(task), **values)
        limit = {"num_predict": self.note_tokens}
        return AskModel(stage=stage, messages=(Message(role="user", content=content),), options=limit)

    def _groups(self, notes: Sequence[ModelReply], task: PipelineInput) -> list[list[ModelReply]] | None:
        """Return consecutive notes that fit one prompt together; None: all of them do."""
        around = " ".join(turn.content for turn in task.with_document("-"))
        room = task.context_tokens - task.answer_tokens - PROMPT_MARGIN - estimated_tokens(around)
        sizes = [note.generation.output_tokens or estimated_tokens(note.text) for note in notes]
        if sum(sizes) <= room or len(notes) < 2:
            return None
        room = min(room, task.context_tokens - self.note_tokens - PROMPT_MARGIN - estimated_tokens(self.combine_prompt))
        groups: list[list[ModelReply]] = []
        held = 0
        for note, size in zip(notes, sizes, strict=True):
            if not groups or held + size > room:
                groups.append([])
                held = 0
            groups[-1].append(note)
            held += size
        return groups


def task_of(task: PipelineInput) -> str:
    """Return what is asked about the document: the case's question, else the benchmark's words around the document."""
    if task.case.context:
        return task.question
    return task.benchmark.prompt.template.replace("{prompt}", "").strip() or "summarize it"


def written_notes(requests: Sequence[AskModel], replies: Sequence[ModelReply]) -> list[ModelReply]:
    """Return the notes that were written; a part on which the model wrote nothing has none.

    Raises:
        StageFailedError: a prompt was too long, or the model wrote nothing on any part.
    """
    for request, reply in zip(requests, replies, strict=True):
        if reply.failure is FailureKind.PROMPT_TOO_LONG:
            usable(request, reply)
    notes = [reply for reply in replies if reply.failure is None]
    if not notes:
        usable(requests[0], replies[0])
    return notes


def refuse_chunks(pipeline: str, size: int, overlap: int) -> None:
    """Raise `ConfigurationError` for a chunk size below 1, or an overlap that is not below it."""
    if size < 1:
        raise ConfigurationError(f"{pipeline}: chunk_size={size} must be at least 1", "For example chunk_size=512")
    if not 0 <= overlap < size:
        raise ConfigurationError(
            f"{pipeline}: chunk_overlap={overlap} must be at least 0 and below chunk_size={size}",
            "A chunk that repeats all of the one before never ends.",
        )
