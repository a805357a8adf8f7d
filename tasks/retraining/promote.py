"""Tasks that test whether the challenger is better than the champion, and promote it."""

from prefect import task
from prefect.cache_policies import NO_CACHE

from selection.learning.retraining import Judgement, carry_out, judge
from tasks.store_calls import call_with_store


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
    return await call_with_store(judge, model_id)


@task(name="promote or keep", task_run_name="promote or keep", cache_policy=NO_CACHE, persist_result=False)
async def promote_or_keep(judgement: Judgement) -> bool:
    """Apply the decision; return False if another model was promoted since it was made."""
    return await call_with_store(carry_out, judgement)
