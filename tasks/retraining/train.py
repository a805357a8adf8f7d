"""Tasks that collect the evidence and train a challenger from it; the model is stored but decides nothing yet."""

from prefect import task
from prefect.cache_policies import NO_CACHE

from selection.learning.retraining import NewEvidence, all_known, store_trained, trained, what_is_new
from tasks.retraining.cancellable_thread import run_in_thread
from tasks.store_calls import call_with_store


@task(name="gather evidence", task_run_name="gather the evidence", cache_policy=NO_CACHE, persist_result=False)
async def gather_evidence() -> NewEvidence:
    """Return the amount of evidence, and how much of it is new since a model was last trained."""
    return await call_with_store(what_is_new)


@task(
    name="train", task_run_name="split by family and train · seed {seed}", cache_policy=NO_CACHE, persist_result=False
)
async def train_challenger(*, seed: int) -> str:
    """Train a model on all evidence; return its id, stored with the report of its training.

    Args:
        seed: Of what is drawn.
    """
    training_data = await call_with_store(all_known)
    packed = await run_in_thread(trained, training_data, seed)
    return await call_with_store(store_trained, training_data, packed)
