"""Several samples of one question, asked side by side."""

from collections.abc import Generator

from evaluation.case import Message
from evaluation.errors import ConfigurationError
from evaluation.pipelines.pipeline import StageFailedError, all_replies
from evaluation.pipelines.stages import AskModel, ModelReply, StageReply, StageRequest

MOST_SAMPLES = 100


def refuse_sampling(pipeline: str, n: int, temperature: float, *, most: int = MOST_SAMPLES) -> None:
    """Raise `ConfigurationError` for a number of samples out of range, or a temperature at which all are the same."""
    if not 2 <= n <= most:
        raise ConfigurationError(f"{pipeline}: n={n} must be from 2 to {most}", "For example n=5")
    if not 0 < temperature <= 2:
        raise ConfigurationError(
            f"{pipeline}: sample_temperature={temperature:g} must be above 0 and at most 2",
            "At temperature 0 every sample is the same.",
        )


def usable_samples(
    messages: tuple[Message, ...], n: int, temperature: float
) -> Generator[tuple[StageRequest, ...], tuple[StageReply, ...], list[ModelReply]]:
    """Ask `n` samples, and return those in which the model gave an answer, in the order of asking.

    Raises:
        StageFailedError: it gave none.
    """
    requests = [
        AskModel(stage=f"sample {i}", messages=messages, options={"temperature": temperature}) for i in range(1, n + 1)
    ]
    replies = yield from all_replies(requests)
    samples = [reply for reply in replies if reply.failure is None]
    first = replies[0].failure
    if not samples and first is not None:
        raise StageFailedError(requests[0].stage, first, f"no sample gave an answer; the first: {first}")
    return samples
