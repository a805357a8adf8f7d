"""The cases that have no outcome yet, of candidates that ask several models: put aside by the model they wait for."""

from collections.abc import Sequence

from evaluation.case import Benchmark, Case
from evaluation.pipelines.pipeline import PipelineInput
from evaluation.pipelines.walk import PipelineFailedError, Walk
from evaluation.planning.pipelines import PipelineModel
from evaluation.planning.plan import PlannedCandidate
from evaluation.records.stages import StageRow
from evaluation.store.benchmarks import load_cases
from evaluation.store.stage_rows import load_stages
from tasks.generation.missing import open_page
from tasks.generation.workbench import Workbench
from tasks.store_calls import call_store


async def put_open_cases_aside(bench: Workbench) -> None:
    """Put aside every case without an outcome, by the model that it waits for after its stored stages."""
    for item in bench.rounds.in_rounds:
        if bench.watches[item.run_candidate_id].given_up is not None:
            continue
        benchmark, examples = await bench.benchmark(item.benchmark_version), await bench.examples(item)
        after: int | None = -1
        while after is not None:
            after = await call_store(_put_page_aside, bench, item, benchmark, examples, after)


def _put_page_aside(
    bench: Workbench, item: PlannedCandidate, benchmark: Benchmark, examples: tuple[Case, ...], after: int
) -> int | None:
    """Put a page of cases aside, and return the position of its end; None: it was the last one."""
    page = open_page(bench.store, item, after=after)
    case_ids = sorted({case_id for case_id, _ in page.items})
    cases = {case.case_id: case for case in load_cases(bench.store, item.benchmark_version, case_ids)}
    stages = load_stages(bench.store, item.run_candidate_id, case_ids)
    for position, (case_id, repeat) in zip(page.positions, page.items, strict=True):
        task = PipelineInput(
            case=cases[case_id], benchmark=benchmark, examples=examples, profile=item.profile, options=item.options
        )
        model = _waits_for(item, task, stages.get((case_id, repeat), ()))
        bench.rounds.add(item.run_candidate_id, (position, case_id, repeat), model)
    return page.last_position


def _waits_for(item: PlannedCandidate, task: PipelineInput, stored: Sequence[StageRow]) -> PipelineModel | None:
    """Return the model that a case waits for; None: the candidate's own, or none any more."""
    if item.pipeline is None:
        return None
    replies = {row.name: row.reply for row in stored}
    try:
        walk = Walk(item.pipeline.pipeline, task)
        walk.feed_stored(replies)
    except PipelineFailedError:
        return None  # it fails again where it is asked, and the failure is stored there
    waiting = [request for request in walk.waiting if request.stage not in replies]
    return item.pipeline.models.get(item.pipeline.model_of(waiting[0])) if waiting else None
