"""Model abilities, checked before the first request by what the server reports."""

from collections.abc import Sequence
from dataclasses import fields, replace

from evaluation.case import Benchmark
from evaluation.errors import ConfigurationError
from evaluation.pipelines.pipeline import MOST_EXAMPLES, Pipeline, PipelineInput, StepFailedError
from evaluation.providers import PROVIDERS
from evaluation.requests.pipeline_words import not_spread
from evaluation.resolution.endpoints import EMBEDDED, ResolvedEndpoint
from evaluation.resolution.resolved_candidate import ResolvedCandidate

_DOES = {"embedding": "embeds no texts", "completion": "writes no answers"}


def refuse_without_ability(resolved: ResolvedCandidate, ability: str, purpose: str, option: str) -> None:
    """Check that the model has the ability, or that its server does not say what its models can do.

    Args:
        resolved: The model, as its server describes it.
        ability: `completion` or `embedding`, as servers call them.
        purpose: What the model was to be asked for, in words.
        option: The option that names another model.

    Raises:
        ConfigurationError: it has only other abilities; names those, and the models that may be named.
    """
    info, endpoint = resolved.info, resolved.endpoint
    if not info.capabilities or ability in info.capabilities:
        return
    able = sorted(model.name for model in endpoint.models if ability in model.capabilities)
    there = f"At {endpoint.name} these can: {', '.join(able[:5])}." if able else how_to_find(ability, endpoint)
    raise ConfigurationError(
        f"model {info.name!r} {_DOES[ability]}, and {purpose}: its server lists {', '.join(info.capabilities)} for it, "
        f"and not {ability}",
        f"Name another with {option}. {there}",
    )


def refuse_unable_pipeline(resolved: ResolvedCandidate, benchmarks: Sequence[Benchmark], *, spread: int) -> None:
    """Check that a candidate's pipeline can answer every case, and that its other models can do what it asks of them.

    Raises:
        ConfigurationError: a case that it cannot answer, a model without an ability, a run that is spread out.
    """
    if (plan := resolved.pipeline) is None:
        return
    for name, other in plan.models.items():
        ability = "embedding" if name in plan.pipeline.embedders else "completion"
        refuse_without_ability(other, ability, purpose_in(plan.pipeline, ability), option_of(plan.pipeline, name))
    if spread > 1 and plan.models:
        raise not_spread(resolved.candidate.label)
    for benchmark in benchmarks:
        _refuse_unable_case(resolved, plan.pipeline, benchmark)


def purpose_in(pipeline: Pipeline, ability: str) -> str:
    """Return what a pipeline asks another model for, in words."""
    return f"the pipeline {pipeline.name!r} asks it for {'embeddings' if ability == 'embedding' else 'answers'}"


def option_of(pipeline: Pipeline, model: str) -> str:
    """Return the option that names the model, as it is written: `embedder=NAME`."""
    named = (field.name for field in fields(pipeline) if field.metadata and getattr(pipeline, field.name) == model)
    option = next(named, None)
    return "an option of the pipeline" if option is None else f"{option}=NAME"


def _refuse_unable_case(resolved: ResolvedCandidate, pipeline: Pipeline, benchmark: Benchmark) -> None:
    options = resolved.options_for(benchmark)
    without_cases = replace(benchmark, cases=())
    for case in benchmark.cases:
        task = PipelineInput(
            case=case,
            benchmark=without_cases,
            examples=benchmark.cases[:MOST_EXAMPLES],
            profile=resolved.candidate.profile,
            options=options,
            may_count_tokens=PROVIDERS[resolved.endpoint.provider].may_count_tokens,
        )
        try:
            problem = pipeline.problem(task)
        except StepFailedError as error:
            problem = f"cannot be checked: {error}"
        if problem is not None:
            raise ConfigurationError(
                f"{resolved.candidate.label}: case {case.case_id!r} of {benchmark.name} {problem}",
                pipeline.remedy(task),
            )


def how_to_find(ability: str, endpoint: ResolvedEndpoint) -> str:
    """Return the next step for who needs a model with the ability, of which the server names none."""
    is_embedded = endpoint.name == EMBEDDED
    there = "" if is_embedded else endpoint.option
    lists = f"`benchwright models list --capability {ability}{there}` shows which can; if none does"
    if ability == "embedding" and not is_embedded and PROVIDERS[endpoint.provider].can_pull:
        return f"{lists}, pull one: `benchwright models pull nomic-embed-text{there}`."
    return f"{lists}, add a server that has one with --endpoint."
