"""The baselines as models: words count as tokens, and there are no weights to load."""

import asyncio
import inspect
import re
from collections.abc import AsyncGenerator, Sequence
from pathlib import Path
from time import perf_counter_ns
from typing import Any

from deployments.embedded.engine import Ending, Job, LoadOptions, Piece, ServedModel
from deployments.embedded.prompt_window import kept_range, too_long
from deployments.embedded.replies import WireError
from evaluation.baselines import BASELINES, Baseline, HashedWords

_CONTEXT_LENGTH = 131_072


class BaselineEngine:
    """A baseline with the interface of a loaded language model."""

    def __init__(self, baseline: Baseline | None, context_length: int) -> None:
        self._baseline = baseline
        self.context_length = context_length
        self.size_bytes = 1 << 20

    async def answer(self, job: Job) -> AsyncGenerator[Piece | Ending, None]:
        if self._baseline is None:
            raise WireError(400, f'"{HashedWords.name}" does not support chat')
        if job.schema is not None:
            raise WireError(400, f'"{self._baseline.name}" does not support format: a baseline writes plain text')
        started = perf_counter_ns()
        prompt = self._fitting(job)
        seed, limit = int(job.options["seed"]), int(job.options["num_predict"])
        text = await asyncio.to_thread(self._baseline.answer, prompt, seed=seed)
        read = perf_counter_ns()
        pieces, reason = _limited(_before_stop(text, job.options["stop"]), limit)
        for piece in pieces:
            yield Piece(text=piece)
        done = perf_counter_ns()
        yield Ending(
            reason=reason,
            prompt_tokens=len(prompt.split()),
            prompt_ns=read - started,
            output_tokens=len(pieces),
            output_ns=done - read,
        )

    def _fitting(self, job: Job) -> str:
        """Return the prompt, truncated to the context like a model's."""
        prompt = job.last_user_text
        tokens = re.findall(r"\s*\S+", prompt)
        if len(tokens) < self.context_length:
            return prompt
        if not (job.truncate and job.shift):
            raise too_long(len(tokens), self.context_length, shift=job.shift, truncate=job.truncate)
        front, tail = kept_range(self.context_length, int(job.options["num_keep"]))
        return "".join(tokens[:front] + tokens[-tail:])

    async def token_ids(self, job: Job, answer: str) -> list[int]:
        return list(range(len(job.last_user_text.split()) + len(answer.split())))

    async def close(self) -> None:
        return None


def _before_stop(text: str, stops: Sequence[str]) -> str:
    places = [place for stop in stops if stop and (place := text.find(stop)) >= 0]
    return text[: min(places)] if places else text


def _limited(text: str, n_words: int) -> tuple[list[str], str]:
    """Return the text in words with the blanks before them, and why it ends there."""
    pieces = re.findall(r"\s*\S+", text)
    return (pieces[:n_words], "length") if 0 < n_words < len(pieces) else (pieces, "stop")


def baseline_models() -> list[ServedModel]:
    """Return every baseline, and the embedding one, ready to serve."""
    models = [_served(cls(), cls.summary, ("completion",)) for cls in BASELINES.values()]
    return [*models, _served(HashedWords(), HashedWords.summary, ("embedding",))]


def _served(method: Baseline | HashedWords, summary: str, capabilities: tuple[str, ...]) -> ServedModel:
    source = Path(inspect.getfile(type(method))).stat()
    details: dict[str, Any] = {
        "parent_model": "",
        "format": "python",
        "family": "baseline",
        "families": ["baseline"],
        "parameter_size": "0",
        "quantization_level": "none",
        "context_length": _CONTEXT_LENGTH,
    }
    answering = method if isinstance(method, Baseline) else None
    if isinstance(method, HashedWords):
        details["embedding_length"] = method.n_dimensions
    info = {
        "general.architecture": "baseline",
        "general.description": summary,
        "general.parameter_count": 0,
        "baseline.context_length": _CONTEXT_LENGTH,
        "baseline.options": repr(method),
    }

    def load(options: LoadOptions, _slots: int) -> BaselineEngine:
        return BaselineEngine(answering, min(options.num_ctx, _CONTEXT_LENGTH))

    return ServedModel(
        name=f"{method.name}:latest",
        digest=lambda: method.digest,
        size_bytes=source.st_size,
        modified_ns=source.st_mtime_ns,
        details=details,
        trained_context=_CONTEXT_LENGTH,
        capabilities=capabilities,
        template="{{ .Prompt }}",
        parameters="",
        own_options={},
        show=lambda: {"model_info": info, "tensors": [], "license": ""},
        load=load,
        embed=method.embed if isinstance(method, HashedWords) else None,
    )
