"""The base class of pipelines: frozen dataclasses with a pure generator over stages, and no connections."""

import re
from abc import ABC, abstractmethod
from collections.abc import Generator, Iterable, Mapping
from dataclasses import dataclass, field, fields, replace
from typing import Any, ClassVar, Literal, TypeAlias, cast

from evaluation.benchmarks.rendering import render
from evaluation.candidate import PLAIN_PROFILE, PromptProfile
from evaluation.case import Benchmark, Case, Message
from evaluation.errors import FailureKind
from evaluation.passage import Passage
from evaluation.pipelines.stages import AskModel, ModelReply, StageReply, StageRequest
from evaluation.retrieval.passages import Chunker

MODEL = {"role": "model"}
"""Metadata of an option that names another model than the candidate's own."""
PATH = {"role": "path"}
"""Metadata of an option that names a file or folder."""
CORPUS = {"role": "corpus"}
"""Metadata of the option that names the folder or file with the documents to search."""
CORPUS_OPTION = "corpus"
"""Name of that option, by which a path is known to be one before a user's file is run."""
MOST_EXAMPLES = 2_000
"""Cases of a benchmark, from its beginning, that may be shown to a model as examples."""
READ_FROM = "read_from"
"""Key of an option's metadata: the function that reads the option's value from the file that a text names."""
EMBEDDER = {"role": "embedder"}
"""Metadata of an option that names a model for embeddings."""
DEFAULT_CHUNKER = Chunker(size=512, overlap=64)
"""How a corpus is split, unless the pipeline says otherwise."""


@dataclass(frozen=True, kw_only=True)
class PipelineInput:
    """What a pipeline works on: a case, the words around it, and the limits of the candidate's model."""

    case: Case
    benchmark: Benchmark
    """The benchmark without its cases."""
    examples: tuple[Case, ...] = ()
    """Cases that may be shown to the model with their references; the case itself may be among them."""
    profile: PromptProfile = PLAIN_PROFILE
    options: Mapping[str, Any] = field(default_factory=dict)
    """The candidate's effective options."""
    may_count_tokens: bool = True
    """False where the server is of a protocol in which no server counts tokens."""

    @property
    def messages(self) -> tuple[Message, ...]:
        """The messages that are sent without any pipeline."""
        return self.messages_of(self.case)

    def messages_of(self, case: Case) -> tuple[Message, ...]:
        """Return the messages of another case in the same words."""
        return self.profile.wrap(render(self.benchmark, case))

    @property
    def question(self) -> str:
        """The case's own question, without the benchmark's words around it."""
        if not self.case.messages:
            return self.case.prompt
        return next((turn.content for turn in reversed(self.case.messages) if turn.role == "user"), "")

    @property
    def document(self) -> str:
        """The text that the question is about: the case's passages, else its prompt."""
        return "\n\n".join(self.case.context) if self.case.context else self.case.prompt

    def with_document(self, text: str) -> tuple[Message, ...]:
        """Return the messages with another text in place of `document`."""
        case = replace(self.case, context=(text,)) if self.case.context else replace(self.case, prompt=text)
        return self.messages_of(case)

    @property
    def context_tokens(self) -> int:
        """Tokens that prompt and answer may have together."""
        return int(self.options.get("num_ctx", 4096))

    @property
    def answer_tokens(self) -> int:
        """Tokens kept for the answer: its limit, or a quarter of the context where it has none."""
        limit = int(self.options.get("num_predict", -1))
        return limit if 0 < limit < self.context_tokens else self.context_tokens // 4


@dataclass(frozen=True, kw_only=True)
class PipelineResult:
    """The answer of a pipeline to a case."""

    answer: str
    failure: FailureKind | None = None
    message: str | None = None
    """Description of the failure, which names its stage."""
    reasoning: str = ""
    """Text on the way to the answer that is no part of it."""
    confidence: float | None = None
    """Between 0 and 1, where the pipeline knows it: the chance that another sample would give this answer."""
    sources: tuple[Passage, ...] | None = None
    """Passages shown to the model, in the order of their numbers in the prompt; None where none were searched for."""
    notes: Mapping[str, Any] = field(default_factory=dict)
    """Further findings as plain JSON: the number of samples, whether a larger model was asked, …"""


ChoiceUse: TypeAlias = Literal["needed", "used", "ignored"]
"""Whether a pipeline needs the choices of a case beside its prompt, uses them where there are some, or ignores them."""
Stages: TypeAlias = Generator[tuple[StageRequest, ...], tuple[StageReply, ...], PipelineResult]
"""What `Pipeline.run` returns: yields requests to answer side by side, and receives the replies in the same order."""


@dataclass(frozen=True, kw_only=True)
class Pipeline(ABC):
    """A way of answering a case with one or more requests. Its fields are its options; its `repr` identifies it."""

    name: ClassVar[str]
    summary: ClassVar[str]
    """What it does, in one line."""
    example: ClassVar[str] = ""
    """Options of an example that can be run, as words of a candidate; empty where none is needed."""
    source: ClassVar[str] = ""
    """Paper in which the method is described."""
    version: ClassVar[str] = "1"
    """Raised whenever the same case could be asked otherwise."""
    shows_examples: ClassVar[bool] = False
    """True if it reads `PipelineInput.examples`."""
    reads_whole_case: ClassVar[bool] = False
    """True if it may read every field of a case, as code of a user may."""
    runs_apart: ClassVar[bool] = False
    """Its steps wait for another process: in an event loop they are done by `walking.done`."""

    @abstractmethod
    def run(self, task: PipelineInput) -> Stages:
        """Yield the requests of one stage after another, and return the answer.

        Deterministic: the same input and replies yield the same requests, so that a case continues from the replies
        that are stored. Stages have names of their own within a case.
        """

    @property
    def signature(self) -> str:
        """The pipeline with all its options and its version: equal signatures ask the same."""
        return f"{self!r}|v{self.version}"

    @property
    def other_models(self) -> tuple[str, ...]:
        """Models named by its options, in the order of the options, each once."""
        return self._named_by(MODEL, EMBEDDER)

    @property
    def embedders(self) -> tuple[str, ...]:
        """Models that it asks for embeddings, in the order of the options."""
        return self._named_by(EMBEDDER)

    @property
    def never_its_own(self) -> tuple[str, ...]:
        """Models named by its options that must not be the candidate's own."""
        return self.embedders

    def _named_by(self, *roles: Mapping[str, str]) -> tuple[str, ...]:
        names = (getattr(self, option.name) for option in fields(self) if option.metadata in roles)
        return tuple(dict.fromkeys(name for name in names if name))

    @property
    def corpus_path(self) -> str | None:
        """Folder or file with the documents that it searches; None: it searches none."""
        return next(iter(self._named_by(CORPUS)), None)

    @property
    def chunker(self) -> Chunker | None:
        """How its corpus is split; None without a corpus."""
        return None if self.corpus_path is None else DEFAULT_CHUNKER

    @property
    def searches_words(self) -> bool:
        """True if it searches its corpus by words."""
        return False

    def choice_use(self, benchmark: Benchmark) -> ChoiceUse:
        """Return whether it reads the choices of a case beside its prompt.

        Args:
            benchmark: The benchmark as whose metrics it reads answers.
        """
        return "used" if self.reads_whole_case else "ignored"

    def problem(self, task: PipelineInput) -> str | None:
        """Return why the case cannot be answered, in words to follow "case …"; None where it can."""
        return None

    def remedy(self, task: PipelineInput) -> str:
        """Return what to change for a case that has a `problem`."""
        return f"Change num_ctx, or an option of the pipeline: see `benchwright pipelines show {self.name}`."


class StepFailedError(Exception):
    """Raised by a pipeline of a user's own file that is at fault; the message says in words what happened."""


class StageFailedError(Exception):
    """Raised inside a pipeline where a stage's reply is of no use; ends the case as the candidate's own failure."""

    def __init__(self, stage: str, kind: FailureKind, why: str = "") -> None:
        super().__init__(f"stage {stage!r}: {why or kind.value.replace('_', ' ')}")
        self.kind = kind


def one_reply(request: AskModel) -> Generator[tuple[StageRequest, ...], tuple[StageReply, ...], ModelReply]:
    """Ask one request of a model, and return its reply, which holds an answer.

    Raises:
        StageFailedError: the model failed.
    """
    (reply,) = yield (request,)
    return usable(request, cast("ModelReply", reply))


def all_replies(
    requests: Iterable[AskModel],
) -> Generator[tuple[StageRequest, ...], tuple[StageReply, ...], tuple[ModelReply, ...]]:
    """Ask requests side by side, and return their replies; some may be failures of the model."""
    return cast("tuple[ModelReply, ...]", (yield tuple(requests)))


def usable(request: AskModel, reply: ModelReply) -> ModelReply:
    """Return the reply if it holds an answer.

    Raises:
        StageFailedError: the model failed.
    """
    if reply.failure is not None:
        raise StageFailedError(request.stage, reply.failure)
    return reply


def filled(template: str, **values: str) -> str:
    """Return the template with `{name}` replaced by each value, in one pass: braces in the values stay as they are."""
    names = re.compile(r"\{(" + "|".join(values) + r")\}")
    return names.sub(lambda match: values[match[1]], template)


def with_instruction(messages: tuple[Message, ...], instruction: str) -> tuple[Message, ...]:
    """Return the messages with an instruction behind the last one of the user, or as a new one."""
    if messages and messages[-1].role == "user":
        last = replace(messages[-1], content=f"{messages[-1].content}\n\n{instruction}")
        return (*messages[:-1], last)
    return (*messages, Message(role="user", content=instruction))


def answered(messages: tuple[Message, ...], reply: ModelReply, following: str) -> tuple[Message, ...]:
    """Return the conversation continued: the model's reply, and what the user says next."""
    return (*messages, Message(role="assistant", content=reply.text), Message(role="user", content=following))
