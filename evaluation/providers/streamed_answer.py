"""A partial answer while it streams: its chunks, their times, and the outcome if the stream ends there."""

import re
import time
from typing import Unpack

from evaluation.errors import CandidateFailureError, FailureKind, ProviderError, TransientProviderError
from evaluation.generation import Generation, GenerationRequest, Timing, Usage
from evaluation.providers.error_replies import RequestContext
from evaluation.providers.request_phase import Phase
from evaluation.truncation import FINISH_REASON, Limits

_LEADING = re.compile(r"\s*(?P<opened><think>)?(?P<thought>.*?)</think>\s*", re.DOTALL)
_NEVER_CLOSED = re.compile(r"\A\s*<think>(?P<thought>.*)\Z", re.DOTALL)


def split_thinking(text: str) -> tuple[str, str]:
    """Return the thinking in front of the answer, and the answer.

    Removed from the front: `<think>…</think>`, the same without its opening tag, and a block that never closes. Tags
    further on belong to the answer.
    """
    thoughts: list[str] = []
    at = 0  # a text of nothing but tags is not cut once for each of them
    while match := _LEADING.match(text, at):
        if "<think>" in match["thought"]:
            break
        thoughts.append(match["thought"].strip())
        at = match.end()
    text = text[at:]
    if (match := _NEVER_CLOSED.match(text)) and "</think>" not in match["thought"]:
        thoughts.append(match["thought"].strip())
        text = ""
    return "\n".join(thought for thought in thoughts if thought), text


LEAST_LOGPROB = -1e6
"""Lower values are no log-probabilities of tokens."""
MAX_EQUAL_CHUNKS = 30
"""Consecutive equal chunks after which servers end an answer without an error."""
_REPEATING_END = re.compile(r"(\S.{0,31}?)(?:\s*\1){30,}\s*\Z|\s{31,}\Z", re.DOTALL)


class Draft:
    """Collects the chunks of one answer. Timing starts at construction."""

    def __init__(self) -> None:
        self._began = time.perf_counter()
        self._content: list[str] = []
        self._thinking: list[str] = []
        self._last_chunk: str | None = None
        self._n_equal = 0
        self._sum_logprobs, self._n_logprobs = 0.0, 0
        self.phase = Phase.WAITING
        self.ttft_s: float | None = None

    def add(self, content: str, thinking: str = "") -> None:
        """Add a chunk; the first one with any text ends the time to first token."""
        if not content and not thinking:
            return
        if self.ttft_s is None:
            self.ttft_s = self.elapsed_s
            self.phase = Phase.GENERATING
        self._content.append(content)
        self._thinking.append(thinking)
        chunk = (thinking + content).strip()
        self._n_equal = self._n_equal + 1 if chunk == self._last_chunk else 1
        self._last_chunk = chunk

    def add_logprobs(self, tokens: object) -> None:
        """Add the log-probabilities of a chunk's tokens: a list of records; anything else counts for nothing."""
        for token in tokens if isinstance(tokens, list) else []:
            value = token.get("logprob") if isinstance(token, dict) else None
            if isinstance(value, int | float) and not isinstance(value, bool) and LEAST_LOGPROB <= value <= 0:
                self._sum_logprobs += value
                self._n_logprobs += 1

    @property
    def mean_logprob(self) -> float | None:
        """Mean log-probability of the tokens so far; None where none was reported."""
        return self._sum_logprobs / self._n_logprobs if self._n_logprobs else None

    @property
    def elapsed_s(self) -> float:
        """Seconds since the request was sent."""
        return time.perf_counter() - self._began

    @property
    def text(self) -> str:
        """All content so far."""
        return _mended("".join(self._content))

    @property
    def n_chunks(self) -> int:
        """Number of chunks of text or thinking that have arrived."""
        return len(self._content)

    @property
    def so_far(self) -> str:
        """How much has been written, in words."""
        written = f"{len(self.text)} characters so far"
        thought = sum(map(len, self._thinking))
        return f"{written}, after {thought} of thinking" if thought else written

    def timed_out(self, request: GenerationRequest, context: RequestContext) -> TransientProviderError:
        """Return the error for an attempt that used up its time; it says in which phase."""
        if self.phase is Phase.WAITING:
            doing = "still waiting for the first token (queued, loading or reading the prompt)"
        else:
            doing = f"still generating, {self.so_far}"
        return TransientProviderError(
            f"{context.subject}: no complete answer within {request.timeout_s:g} s; {doing}",
            FailureKind.TIMED_OUT,
            next_step="Allow more with `--timeout`, or lower `num_predict`.",
        )

    def ended_early(self, context: RequestContext, *, was_whole: bool = False) -> ProviderError:
        """Return the error for an answer that ended properly but without the record that completes it.

        Args:
            context: What the message names.
            was_whole: The answer came as one JSON object, so that chunks cannot be counted, only its text be read.
        """
        repeats = _REPEATING_END.search(self.text[-4000:]) if was_whole else self._n_equal > MAX_EQUAL_CHUNKS
        if repeats:
            return repeated_itself(context, self.text)
        return TransientProviderError(
            f"{context.subject}: the answer ended early, after {len(self.text)} characters, without its final record",
            FailureKind.CUT_STREAM,
        )

    def generation(
        self,
        request: GenerationRequest,
        *,
        timing: Timing,
        finish_reason: str | None,
        prompt_tokens: int | None,
        output_tokens: int | None,
        **usage: Unpack[Usage],
    ) -> Generation:
        """Return the complete answer; an empty one carries the candidate's own failure."""
        text = self.text
        stray, answer = split_thinking(text)
        thinking = "\n".join(part for part in (_mended("".join(self._thinking)), stray) if part)
        cut = Limits.of(request.options)
        place = cut.where(cut.cut_by(prompt_tokens=prompt_tokens, output_tokens=output_tokens))
        failure, message = _own_failure(answer, thinking, cut_at=place if finish_reason == FINISH_REASON else None)
        return Generation(
            text=text,
            answer="" if failure else answer,
            thinking=thinking or None,
            finish_reason=finish_reason,
            own_failure=failure,
            message=message,
            prompt_tokens=prompt_tokens,
            output_tokens=output_tokens,
            timing=timing,
            seed=request.options.get("seed"),
            mean_logprob=self.mean_logprob,
            **usage,
        )


def _own_failure(answer: str, thinking: str, *, cut_at: str | None) -> tuple[FailureKind | None, str | None]:
    if answer.strip():
        return None, None
    if thinking and cut_at is not None:
        reason = f"{len(thinking)} characters of thinking were cut {cut_at}, before any answer"
        return FailureKind.THINKING_USED_UP_THE_BUDGET, reason
    return FailureKind.EMPTY_ANSWER, "the model ended its answer without writing anything"


def repeated_itself(context: RequestContext, text: str) -> CandidateFailureError:
    """Return the candidate's failure of repeating itself without end; what it wrote is kept."""
    return CandidateFailureError(
        f"{context.subject}: the server broke the answer off because the model repeated itself",
        FailureKind.REPEATED_ITSELF,
        text,
    )


def _mended(text: str) -> str:
    """Return `text` with surrogate pairs that were torn over two chunks joined, and lone ones replaced."""
    if text.isascii() or not any("\ud800" <= letter <= "\udfff" for letter in text):
        return text
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
