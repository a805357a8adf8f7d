"""Learn which candidate suits which prompt, and promote a model that is significantly better than the current one."""

from typing import Any
from uuid import UUID

from prefect import flow, get_run_logger
from prefect.runtime import flow_run

from evaluation.errors import SelectionError
from selection.learning.retraining import Judgement
from selection.retrain_request import RetrainRequest
from selection.retraining import Retraining
from tasks.flow_settings import use_own_settings
from tasks.interruption import run_interruptibly
from tasks.retraining.promote import evaluate_challenger, promote_or_keep
from tasks.retraining.publish import publish_retraining
from tasks.retraining.train import gather_evidence, train_challenger

MOST_ROUNDS = 5
"""Maximum number of times a challenger is evaluated again because the champion changed meanwhile."""
_AS_IT_IS = RetrainRequest()


@flow(name="retrain", flow_run_name="retrain the selection", persist_result=False)
async def retrain(request: RetrainRequest = _AS_IT_IS) -> Any:
    """Train selection models on measured results, and promote one that is significantly better on unseen prompts.

    Args:
        request: When to train, and with which seed.
    """
    request = await use_own_settings(request)
    return await run_interruptibly(UUID(str(flow_run.id)), lambda: _retrain(request))


async def _retrain(request: RetrainRequest) -> Retraining:
    new_evidence = await gather_evidence()
    if (refusal := new_evidence.too_little(request.if_enough_new)) is not None:
        get_run_logger().info("no model is trained: %s", refusal)
        return await publish_retraining(new_evidence, None, refusal=refusal)
    if new_evidence.reason is not None:
        get_run_logger().info("a reason to retrain: %s", new_evidence.reason)
    model_id = await train_challenger(seed=request.seed)
    judgement = await _judged(model_id)
    return await publish_retraining(new_evidence, judgement)


async def _judged(model_id: str) -> Judgement:
    """Return what became of the model; it is compared with the new champion if another was promoted meanwhile."""
    for _ in range(MOST_ROUNDS):
        judgement = await evaluate_challenger(model_id)
        get_run_logger().info("%s: %s", "promoted" if judgement.promotes else "kept out", judgement.reason)
        if await promote_or_keep(judgement):
            return judgement
        get_run_logger().info("another model was promoted meanwhile: evaluating again")
    raise SelectionError(
        f"another model was promoted {MOST_ROUNDS} times while this one was evaluated",
        "Run fewer retrainings at once, and retrain again.",
    )
