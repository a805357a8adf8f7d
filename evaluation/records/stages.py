"""Records of the stages of a pipeline, and of what it says of its answer."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields, is_dataclass, replace
from datetime import datetime
from typing import Any

from evaluation.fingerprint import fingerprint
from evaluation.generation import TIME_TO_FIRST, Generation
from evaluation.outcome_fields import answer_of, flat_values, names_of
from evaluation.pipelines.stages import (
    AskModel,
    CountTokens,
    EmbedTexts,
    SearchPassages,
    StageReply,
    StageRequest,
)
from evaluation.truncation import FINISH_REASON as CUT

KINDS: Mapping[type[StageRequest], str] = {
    AskModel: "chat",
    EmbedTexts: "embed",
    CountTokens: "count",
    SearchPassages: "search",
}
"""Kind of a stage by the type of its request, as stored."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StageRow:
    """One request of a pipeline with its reply, to be stored or as stored."""

    run_candidate_id: int
    case_id: str
    repeat: int
    position: int
    """Place among the case's requests, from 0."""
    name: str
    kind: str
    """`chat`, `embed`, `count` or `search`."""
    request_hash: str
    reply: StageReply
    model: str | None = None
    """Full name of the model; None for a search."""
    digest: str | None = None
    endpoint: str | None = None
    generation: Generation
    """The model's answer; for a stage that is no chat an empty one, with the stage's time."""
    started_at: datetime
    finished_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class StageSums:
    """The stages of one name that a candidate asked, in all cases together.

    Sums leave out stages without the figure; None: no stage has it. Seconds and joules leave out reused answers.
    """

    stage: str
    """Name of the stage, without a number where a case has several: `map` of `map 1`, `map 2`."""
    kind: str
    """`chat`, `embed`, `count` or `search`."""
    model: str | None
    """Name of the model; None for a search."""
    digest: str | None
    """Hash of the model's weights; None if unverified, or for a search."""
    n: int
    """Number of stages."""
    n_outcomes: int
    """Number of cases with such a stage; each repeat of a case counts."""
    least_per_case: int
    """Least number of stages in a case that has any."""
    most_per_case: int
    """Greatest number of stages in a case."""
    n_reused: int
    """Stages of answers from earlier runs: their tokens count, their seconds and joules do not."""
    n_shared: int
    """Embeddings that the run had requested before, for another case: they count with the tokens and seconds of that
    request, and no server was asked again."""
    n_without_tokens: int
    """Requests to models whose number of tokens is not known; an embedder writes none."""
    n_without_energy: int
    """Stages on a server whose energy was not measured."""
    total_s: float | None
    """Seconds from sending to the end. Stages may run side by side: a user waits for less than their sum."""
    queue_s: float | None
    """Seconds in the server's queue."""
    load_s: float | None
    """Seconds of loading the model."""
    prompt_s: float | None
    """Seconds of processing prompts."""
    generate_s: float | None
    """Seconds of generating."""
    prompt_tokens: int | None
    output_tokens: int | None
    energy_j: float | None
    """Energy in joules."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Trace:
    """What a pipeline says of its answer."""

    confidence: float | None = None
    """In [0, 1]; None where the pipeline does not know it."""
    notes: Mapping[str, Any] = field(default_factory=dict)
    """Further findings as plain JSON."""


def request_hash(request: StageRequest, *, model: str | None, digest: str | None) -> str:
    """Return the identity of a stage's request: another one where its texts, options or the model's weights differ."""
    content = {name: value for name, value in _plain(request).items() if name != "model"}
    return fingerprint([KINDS[type(request)], digest or model, content])


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _plain(part) for key, part in value.items()}
    if isinstance(value, tuple | list):
        return [_plain(part) for part in value]
    if is_dataclass(value):
        return {field.name: _plain(getattr(value, field.name)) for field in fields(value)}
    return value


def summed(stages: Sequence[StageRow]) -> Generation:
    """Return the figures of a case from those of its stages, with the texts of the last chat.

    Numbers are sums; None where a chat lacks the number, or an embedding its tokens, since a part of a sum is no figure
    of the case. The time to the first token is that of a case with a single stage. The wait counts the seconds of
    stages side by side once.
    """
    if not stages:  # the pipeline failed, or answered, before it asked anything
        return Generation(answer="", text="")
    flat = [(stage.kind, flat_values(stage.generation)) for stage in stages]
    chats = [values for kind, values in flat if kind == KINDS[AskModel]]
    values = chats[-1] if chats else flat_values(Generation(answer="", text=""))
    sums = {name: _sum_of(name, flat) for name in (names_of(int) | names_of(float)) - {"seed"}}
    if len(stages) != 1:
        sums[TIME_TO_FIRST] = None
    truths = {name: any(chat[name] for chat in chats) for name in names_of(bool)}
    return replace(answer_of({**values, **sums, **truths}), wait_s=_wait_s(stages))


def ended_as_its_reply(outcome: Generation, answer: str, chats: Sequence[Generation]) -> Generation:
    """Return the outcome of a pipeline, ended as the reply that its answer is, whichever reply came last."""
    reason = finish_reason_of(answer, chats)
    return outcome if reason == outcome.finish_reason else replace(outcome, finish_reason=reason)


def finish_reason_of(answer: str, chats: Sequence[Generation]) -> str | None:
    """Return how the answer of a pipeline ended: as the reply that it is, or that it was taken from.

    Where several replies are the answer, one that was not cut has the whole of it. An answer that was put together was
    cut where one of its parts was. One that stands in no reply ended as the last one did.
    """
    text = answer.strip()
    replies = [(chat.answer.strip(), chat.finish_reason) for chat in chats]
    if not text or not replies:
        return chats[-1].finish_reason if chats else None
    if same := [reason for reply, reason in replies if reply == text]:
        return _whole(same)
    if parts := [reason for reply, reason in replies if reply and reply in text]:
        return CUT if CUT in parts else parts[-1]
    return _whole([reason for reply, reason in replies if text in reply] or [replies[-1][1]])


def _whole(reasons: Sequence[str | None]) -> str | None:
    return next((reason for reason in reversed(reasons) if reason != CUT), CUT)


def _wait_s(stages: Sequence[StageRow]) -> float | None:
    """Return the seconds in which at least one stage was under way, each without the loading at its beginning.

    Neither a turn on a server nor the round of another model is in it, since those depend on the other cases of a run.
    """
    spans, shared_s = [], 0.0
    for stage in stages:
        timing = stage.generation.timing
        if timing is None or (timing.load_s is None and stage.generation.cold):
            return None
        if _is_shared(stage):
            shared_s += timing.total_s
            continue
        end = stage.finished_at.timestamp()
        spans.append((end - max(0.0, timing.total_s - (timing.load_s or 0.0)), end))
    under_way, until = 0.0, float("-inf")
    for begin, end in sorted(spans):
        under_way += max(0.0, end - max(begin, until))
        until = max(until, end)
    return under_way + shared_s


def _is_shared(stage: StageRow) -> bool:
    """Check whether another case's request gave the stage's embeddings: its seconds are none of this case's clock."""
    return stage.kind == KINDS[EmbedTexts] and stage.generation.n_attempts == 0


def _sum_of(name: str, stages: Sequence[tuple[str, Mapping[str, Any]]]) -> Any:
    """Return the sum of a number over all stages that must have it, and over the others that have it."""
    needed = {KINDS[AskModel], KINDS[EmbedTexts]} if name == "prompt_tokens" else {KINDS[AskModel]}
    numbers = [values[name] for kind, values in stages if kind in needed or values[name] is not None]
    return sum(numbers) if numbers and None not in numbers else None
