"""A stored run whose candidate has a pipeline: its stages and its trace, without the flow."""

from collections.abc import Sequence
from dataclasses import replace

from stored_runs import answer, asked, numbers, store_run
from stored_stages import make_stage

from evaluation.generation import Generation, Timing
from evaluation.passage import Passage
from evaluation.pipelines.stages import ModelReply, Passages
from evaluation.store.runs import find_run
from evaluation.store.session import Store
from evaluation.store.stage_rows import insert_stages


def store_staged_run(
    store: Store, text: str, *, names: Sequence[str] = ("map 1", "map 2", "reduce"), model: str = "m:1b"
) -> str:
    """Stores a run of two cases, each with a search and these chats of `small:1b`, whose texts are all `text`."""
    cases = numbers(2)
    run_id = store_run(store, asked(model, {case.case_id: answer(text) for case in cases}), cases=cases)
    row_id = find_run(store, run_id).candidates[0].run_candidate_id
    reply = Generation(
        answer=text,
        text=text,
        message=text,
        prompt_tokens=1000,
        output_tokens=100,
        timing=Timing(total_s=1.5, queue_s=0.25, load_s=0.25, prompt_s=0.5, generate_s=0.5),
    )
    passage = Passage(document=f"{text}.pdf", position=2, page=4, last_page=5, text=text, relevance=0.5)
    found = replace(
        make_stage(row_id, "search", kind="search", model=None, digest=None, endpoint=None),
        generation=Generation(answer="", text="", timing=Timing(total_s=0.25)),
        reply=Passages(passages=(passage,)),
    )
    with store.write() as connection:
        for case in cases:
            chats = [
                replace(
                    make_stage(row_id, name, generation=reply, reply=ModelReply(generation=reply)),
                    case_id=case.case_id,
                    position=position,
                )
                for position, name in enumerate(names, 1)
            ]
            insert_stages(connection, [replace(found, case_id=case.case_id), *chats])
    return run_id
