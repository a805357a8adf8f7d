"""What runs by itself: the flows as Prefect deployments, with their schedules."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from prefect.deployments.runner import RunnerDeployment

WEEKLY = "0 4 * * 1"
"""Mondays at four in the morning."""
ENOUGH_NEW = 100
"""Scored answers and outcomes that are new: with fewer, the week's retraining ends at once."""


def weekly_retraining(*, cron: str = WEEKLY, timezone: str = "UTC") -> "RunnerDeployment":
    """The deployment that retrains once a week, where enough is new; never two at a time.

    Args:
        cron: When.
        timezone: By whose clock, such as `Europe/Amsterdam`.
    """
    from prefect.schedules import Cron
    from prefect.types.entrypoint import EntrypointType

    from flows.retrain import retrain

    return retrain.to_deployment(  # type: ignore[return-value]
        name="weekly",
        description="Learns anew which candidate suits which prompt, where enough is new.",
        schedules=[Cron(cron, timezone=timezone, slug="weekly")],
        parameters={"request": {"if_enough_new": ENOUGH_NEW}},
        concurrency_limit=1,
        entrypoint_type=EntrypointType.MODULE_PATH,
    )
