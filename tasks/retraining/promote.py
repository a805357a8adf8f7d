"""Tasks that test whether the challenger is better than the champion, and promote it."""

from prefect import task
from prefect.cache_policies import NO_CACHE

from evaluation.settings import Settings
from evaluation.store.session import open_store
from selection.learning.retraining import Judgement, carry_out, judge
from tasks.store_calls import call_store


@task(
    name="evaluate challenger",
    task_run_name="evaluate on held-out prompts",
    cache_policy=NO_CACHE,
    persist_result=False,
)
async def evaluate_challenger(model_id: str) -> Judgement:
    """Return the decision on the model.

    Held against the one that decides on prompts that neither was trained on.
    """
    return await call_store(_evaluate, model_id)


def _evaluate(model_id: str) -> Judgement:
    with open_store(Settings().database) as store:
        return judge(store, model_id)


@task(name="promote or keep", task_run_name="promote or keep", cache_policy=NO_CACHE, persist_result=False)
async def promote_or_keep(judgement: Judgement) -> bool:
    """Apply the decision; return False if another model was promoted since it was made."""
    return await call_store(_carry_out, judgement)


def _carry_out(judgement: Judgement) -> bool:
    with open_store(Settings().database) as store:
        return carry_out(store, judgement)
