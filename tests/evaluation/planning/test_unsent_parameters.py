"""A parameter that no server takes is refused; one that some server does not take is named."""

import pytest

from evaluation.candidate import Candidate
from evaluation.case import Benchmark, Case
from evaluation.errors import ConfigurationError
from evaluation.model_info import ModelInfo
from evaluation.options import candidate_options
from evaluation.planning.unsent_parameters import unsent_notes
from evaluation.resolution.endpoints import ResolvedEndpoint
from evaluation.resolution.resolved_candidate import ResolvedCandidate
from evaluation.sweeps.space import parse_parameters

BENCHMARK = Benchmark(name="n", task_type="reasoning", cases=(Case(case_id="c", prompt="What?"),))
SWEPT = parse_parameters(["temperature=0,1", "num_ctx=1024,2048", "model=a,b"])


def candidate(provider: str) -> ResolvedCandidate:
    endpoint = ResolvedEndpoint(
        name=provider, url="http://127.0.0.1:9", provider=provider, slots=1, gpu_tag="g", server_version=None, models=()
    )
    return ResolvedCandidate(
        candidate=Candidate(model="a", digest="d", options=candidate_options({"temperature": 0.5})),
        endpoints=(endpoint,),
        info=ModelInfo(name="a", digest="d"),
    )


def test_an_option_that_some_server_does_not_take_is_named() -> None:
    assert () == unsent_notes(SWEPT, [candidate("ollama")], BENCHMARK)
    assert ("openai_compatible takes no num_ctx: its values make no difference there",) == unsent_notes(
        SWEPT, [candidate("ollama"), candidate("openai_compatible")], BENCHMARK
    )


def test_an_option_that_no_server_takes_is_refused() -> None:
    with pytest.raises(ConfigurationError, match="openai_compatible takes no num_ctx") as caught:
        unsent_notes(SWEPT, [candidate("openai_compatible")], BENCHMARK)
    assert (caught.value.next_step or "").startswith("Leave num_ctx out")
