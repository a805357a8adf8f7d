"""How many requests does a pipeline ask for a case? Measured where it was run before, else walked through on paper.

A walk on paper gives each request the same short reply. A pipeline that ends sooner or later by what a model says may
ask fewer requests: a model that the walk does not reach is counted once a case.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from statistics import fmean

from evaluation.candidate import DEFAULT_OPTIONS, PLAIN_PROFILE
from evaluation.case import Benchmark, Case
from evaluation.errors import BenchwrightError
from evaluation.generation import Generation
from evaluation.pipelines.catalogue import PIPELINES
from evaluation.pipelines.parsing import parse_pipeline
from evaluation.pipelines.pipeline import MOST_EXAMPLES, PipelineInput
from evaluation.pipelines.stages import (
    AskModel,
    CountTokens,
    EmbedTexts,
    ModelReply,
    Passages,
    StageReply,
    StageRequest,
    TokenCounts,
    Vectors,
)
from evaluation.pipelines.walk import PipelineFailedError, Walk
from evaluation.resolution.resolved_candidate import ResolvedCandidate

MOST_WALKED = 40
"""Cases that are walked through on paper, evenly spread over all."""
_SHORT_CASE = Case(case_id="short", prompt="1 + 1?", references=("2",))
_BENCHMARK = Benchmark(name="short", task_type="question_answering", cases=())
REPLY = ModelReply(generation=Generation(answer="1", text="1", output_tokens=1))


def requests_on_paper(
    resolved: ResolvedCandidate, benchmark: Benchmark, cases: Sequence[Case]
) -> Mapping[str, float] | None:
    """Return the requests of a case by the full names of the models.

    None where that cannot be known before it was run: the candidate has no pipeline, one of a user's own file, or one
    that cannot walk through a case.

    Args:
        resolved: A candidate.
        benchmark: The benchmark, with the cases that may be shown as examples.
        cases: Those that it will be asked.
    """
    plan = resolved.pipeline
    if plan is None or plan.pipeline.runs_apart or not cases:
        return None
    counts = []
    for case in cases[:: -(-len(cases) // MOST_WALKED)]:
        task = PipelineInput(
            case=case,
            benchmark=benchmark,
            examples=benchmark.cases[:MOST_EXAMPLES],
            profile=resolved.candidate.profile,
            options=resolved.options_for(benchmark),
        )
        try:
            counts.append(_walked(Walk(plan.pipeline, task)))
        except PipelineFailedError:
            return None
    names = {name: other.candidate.model for name, other in plan.models.items()}
    by_model = {resolved.candidate.model: 0.0} | dict.fromkeys(names.values(), 0.0)
    for option in {option for count in counts for option in count}:
        by_model[names.get(option, resolved.candidate.model)] += fmean(count[option] for count in counts)
    return {model: n or 1.0 for model, n in by_model.items()}


def requests_of_a_pipeline(name: str, options: Mapping[str, str]) -> float:
    """Return the requests of a short case on paper; 1 for a pipeline of one's own, and one that cannot walk through it.

    Args:
        name: The pipeline as a candidate names it.
        options: Its options.
    """
    if name not in PIPELINES:
        return 1.0
    task = PipelineInput(case=_SHORT_CASE, benchmark=_BENCHMARK, profile=PLAIN_PROFILE, options=DEFAULT_OPTIONS)
    try:
        return max(1.0, float(_walked(Walk(parse_pipeline(name, options), task)).total()))
    except BenchwrightError:
        return 1.0


def _walked(walk: Walk) -> Counter[str]:
    """Return the requests of a case by the names that the pipeline's options give to its models."""
    count: Counter[str] = Counter()
    while walk.result is None:
        count.update(request.model for request in walk.waiting if isinstance(request, AskModel | EmbedTexts))
        walk.feed([_reply(request) for request in walk.waiting])
    return count


def _reply(request: StageRequest) -> StageReply:
    if isinstance(request, AskModel):
        return REPLY
    if isinstance(request, EmbedTexts):
        return Vectors(values=((1.0,),) * len(request.texts))
    return TokenCounts(values=None) if isinstance(request, CountTokens) else Passages(passages=())
