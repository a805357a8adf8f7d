"""A decision on an upgrade, by form."""

from typing import Any

from prefect import flow, get_run_logger

from evaluation.requests.upgrade_request import UpgradeDecision
from tasks.flow_settings import use_own_settings
from tasks.upgrades.deciding_by_form import decide_by_form


@flow(name="decide-upgrade", flow_run_name="decide on an upgrade", persist_result=False)
async def decide_upgrade(request: UpgradeDecision) -> Any:
    """Accept or decline an upgrade that was tested.

    Args:
        request: Which one, and what becomes of it.
    """
    request = await use_own_settings(request)
    sentences = await decide_by_form(request)
    for sentence in sentences:
        get_run_logger().info("%s", sentence)
    return sentences
