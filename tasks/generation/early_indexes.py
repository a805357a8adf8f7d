"""Indexes that a group's cases will search, begun while its model is still being loaded.

Reading and splitting of a corpus, its stored vectors and the libraries of searches need no server. The first case that
searches would wait for all of it, and the slots with it.
"""

import asyncio
from collections.abc import Sequence

from evaluation.errors import BenchwrightError
from evaluation.gather import gather_or_cancel
from evaluation.planning.plan import PlannedCandidate
from evaluation.providers.provider import TextEmbedding
from evaluation.retrieval.search import import_libraries
from tasks.generation.asking import Asking, ask
from tasks.generation.corpus_index import open_index
from tasks.generation.embedded import Embedded
from tasks.generation.embedding import embedding
from tasks.generation.gathered_searches import SEARCHES
from tasks.generation.group_work import GroupWork
from tasks.generation.workbench import Workbench


class _NotEmbeddedError(BenchwrightError):
    """A text was not embedded; the case that searches asks for it again, and says why."""


async def open_indexes(bench: Workbench, work: GroupWork) -> None:
    """Open the indexes that cases of the group will search. What fails is left to the case that searches first."""
    for item in work.group.planned:
        if _searches_here(work, item) and bench.watches[item.run_candidate_id].given_up is None:
            try:
                await _open(bench, work, item)
            except BenchwrightError:
                continue


def _searches_here(work: GroupWork, item: PlannedCandidate) -> bool:
    """Check whether the group's model is the one with which the candidate's pipeline searches."""
    plan = item.pipeline
    if plan is None or plan.corpus is None:
        return False
    return plan.models.get(plan.model_of_searches) == work.models.get(item.run_candidate_id)


async def _open(bench: Workbench, work: GroupWork, item: PlannedCandidate) -> None:
    plan = item.pipeline
    if plan is None:
        return
    asking = Asking(bench=bench, work=work, planned=item, benchmark=await bench.benchmark(item.benchmark_version))

    async def embed(texts: Sequence[str]) -> Sequence[TextEmbedding]:
        return await gather_or_cancel(_embedded(asking, text) for text in texts)

    words = plan.pipeline.searches_words
    importing = asyncio.create_task(asyncio.to_thread(import_libraries, words=words))
    try:
        index = await open_index(bench.store, plan, embed)
    finally:
        await importing
    if words:
        await SEARCHES.prepare(index)


async def _embedded(asking: Asking, text: str) -> TextEmbedding:
    answered = await ask(asking, embedding(asking.work.group.model, text), lambda *_: None)
    if answered is None or not isinstance(answered[0], Embedded):
        raise _NotEmbeddedError("a text was not embedded")
    return answered[0].embedding
