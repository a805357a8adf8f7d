"""Notes on swept parameters that some server does not accept."""

from collections.abc import Iterator, Sequence

from evaluation.case import Benchmark
from evaluation.errors import ConfigurationError
from evaluation.options import OPTIONS
from evaluation.requests.pipeline_words import PIPELINE, pipeline_words
from evaluation.resolution.resolved_candidate import ResolvedCandidate
from evaluation.sweeps.space import Parameter


def unsent_notes(
    parameters: Sequence[Parameter], candidates: Sequence[ResolvedCandidate], benchmark: Benchmark
) -> tuple[str, ...]:
    """Return notes on swept options that some server does not support.

    Args:
        parameters: The swept parameters.
        candidates: Of all combinations.
        benchmark: The benchmark of the sweep.

    Raises:
        ConfigurationError: no server takes one of them, so that nothing would be swept.
    """
    pipelines = {candidate.candidate.pipeline.name for candidate in candidates if candidate.candidate.pipeline}
    of_pipelines = [pipeline_words({PIPELINE: name}) for name in pipelines]
    swept = [
        parameter.name
        for parameter in parameters
        if parameter.name in OPTIONS and not any(words.takes(parameter.name) for words in of_pipelines)
    ]
    by_endpoint: dict[str, set[str]] = {}
    for candidate in candidates:
        sent = candidate.options_for(benchmark)
        by_endpoint[candidate.endpoint.name] = {name for name in swept if name not in sent}
    for name in swept:
        if by_endpoint and all(name in unsent for unsent in by_endpoint.values()):
            raise ConfigurationError(
                f"{' and '.join(by_endpoint)} takes no {name}, so that its values would make no difference",
                f"Leave {name} out, or give a server that takes it with --endpoint.",
            )
    return tuple(_notes(by_endpoint))


def _notes(by_endpoint: dict[str, set[str]]) -> Iterator[str]:
    for endpoint, unsent in by_endpoint.items():
        for name in sorted(unsent):
            yield f"{endpoint} takes no {name}: its values make no difference there"
