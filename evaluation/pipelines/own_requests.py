"""Checks what a pipeline of a user's file asks and answers: nothing that it sends may break the run."""

import json
import math
from collections.abc import Collection, Mapping
from typing import Any

from evaluation.errors import BenchwrightError
from evaluation.formatting import counted, excerpt
from evaluation.options import read_options
from evaluation.pipelines.declarations import Declaration
from evaluation.pipelines.pipeline import PipelineResult, StepFailedError
from evaluation.pipelines.retrieval import MOST_PASSAGES
from evaluation.pipelines.stages import AskModel, CountTokens, EmbedTexts, SearchPassages, StageRequest
from evaluation.retrieval.search import METHODS

LONGEST_NAME = 200
"""Characters of a stage's name."""
ROLES = ("system", "user", "assistant")


def refuse_request(request: StageRequest, declared: Declaration) -> None:
    """Refuse a request that cannot be answered.

    Args:
        request: A request of the types that stages have.
        declared: What the pipeline said of itself before it was run.

    Raises:
        StepFailedError: names the stage, and what is wrong with it.
    """
    if not 0 < len(request.stage) <= LONGEST_NAME:
        raise StepFailedError(
            f"names a stage {excerpt(request.stage, 30)!r}; a name has 1 to {LONGEST_NAME} characters"
        )
    try:
        if isinstance(request, AskModel):
            _refuse_chat(request, declared)
        elif isinstance(request, SearchPassages):
            _refuse_search(request, declared)
        else:
            _refuse_texts(request, declared)
    except _RefusedError as error:
        raise StepFailedError(f"stage {request.stage!r} {error}") from None


def refuse_result(result: PipelineResult, declared: Declaration, passages: Collection[str]) -> None:
    """Refuse a result that cannot be stored.

    Args:
        result: A result whose fields have the right types.
        declared: What the pipeline said of itself before it was run.
        passages: Identities of the passages that its searches returned.

    Raises:
        StepFailedError: says what is wrong with it.
    """
    if result.failure is not None and not result.failure.is_the_candidates_own:
        raise StepFailedError(f"returned the failure {result.failure.value!r}, which is no failure of a model")
    if result.confidence is not None and not 0 <= result.confidence <= 1:
        raise StepFailedError(f"returned the confidence {result.confidence:g}, which is not from 0 to 1")
    if not _is_json(result.notes):
        raise StepFailedError("its notes hold numbers that JSON has not, or too many values inside one another")
    for source in result.sources or ():
        if not math.isfinite(source.relevance):
            raise StepFailedError(f"its source {source.passage_id!r} has the relevance {source.relevance:g}")
        if declared.corpus is not None and source.passage_id not in passages:
            raise StepFailedError(f"names the source {source.passage_id!r}, which none of its searches returned")


class _RefusedError(Exception):
    """A request is refused; the message follows its name."""


def _refuse_chat(request: AskModel, declared: Declaration) -> None:
    _refuse_model(request.model, declared.other_models, "MODEL")
    if request.model in declared.embedders:
        raise _RefusedError(f"asks {request.model!r} for an answer, which it names as the model that embeds")
    if not request.messages:
        raise _RefusedError("has no messages")
    for message in request.messages:
        if message.role not in ROLES:
            raise _RefusedError(f"has a message of the role {excerpt(message.role, 30)!r}, not of {', '.join(ROLES)}")
    for name, value in request.options.items():
        if isinstance(value, str | None):
            raise _RefusedError(f"has the option {name}={value!r}, which is no number")
    try:
        read_options(request.options)
    except BenchwrightError as error:
        raise _RefusedError(f"cannot be asked: {error.message}") from None
    if request.schema and not _holds_an_object(request.schema):
        raise _RefusedError("has a schema that is no JSON object")


def _refuse_texts(request: EmbedTexts | CountTokens, declared: Declaration) -> None:
    if isinstance(request, EmbedTexts):
        _refuse_model(request.model, declared.embedders, "EMBEDDER")
        if not request.model:
            raise _RefusedError("names no model that embeds")
    else:
        _refuse_model(request.model, declared.other_models, "MODEL")
    if not request.texts:
        raise _RefusedError("has no texts")


def _refuse_search(request: SearchPassages, declared: Declaration) -> None:
    if declared.corpus is None:
        raise _RefusedError("searches passages, but no option names a corpus; declare one with metadata=CORPUS")
    if request.method not in METHODS:
        raise _RefusedError(f"searches by {excerpt(request.method, 30)!r}, not by {', '.join(METHODS)}")
    if not 1 <= request.top_k <= MOST_PASSAGES:
        raise _RefusedError(
            f"searches for {counted(request.top_k, 'passage')} (top_k); from 1 to {MOST_PASSAGES:,} are allowed"
        )
    if not -1 <= request.min_similarity <= 1:
        raise _RefusedError(f"searches with min_similarity={request.min_similarity:g}, which is not from -1 to 1")
    if request.method == "bm25":
        return
    if not declared.embedders:
        raise _RefusedError(
            f"searches by method={request.method!r}, but no option names an embedder; declare one with "
            "metadata=EMBEDDER, or search by 'bm25'"
        )
    if not request.vector or not all(map(math.isfinite, request.vector)):
        raise _RefusedError(f"searches by method={request.method!r} without the embedding of its query as `vector`")


def _refuse_model(model: str, models: Collection[str], role: str) -> None:
    if model and model not in models:
        raise _RefusedError(
            f"asks the model {model!r}, which none of its options names; give the option metadata={role}"
        )


def _holds_an_object(text: str) -> bool:
    try:
        return isinstance(json.loads(text), dict)
    except (ValueError, RecursionError):
        return False


def _is_json(notes: Mapping[str, Any]) -> bool:
    try:
        json.dumps(notes, allow_nan=False)
    except (ValueError, RecursionError):
        return False
    return True
