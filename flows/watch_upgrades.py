"""The upgrade watch: looks at the models of policies, tests what has changed, and tells the verdicts."""

from typing import Any
from uuid import UUID

from prefect import flow, get_run_logger
from prefect.runtime import flow_run

from evaluation.errors import BenchwrightError, RunInUseError
from evaluation.records.policies import Upgrade
from evaluation.requests.upgrade_request import UpgradeWatch
from evaluation.results.upgrades import UpgradeLook
from flows.planned_work import planned, work_through
from tasks.flow_settings import use_own_settings
from tasks.interruption import run_interruptibly
from tasks.load import LoadedBenchmark
from tasks.monitoring.notify import notify
from tasks.plan import PlanRequest
from tasks.publish import publish_results
from tasks.upgrades.looking import look_at_servers
from tasks.upgrades.telling import publish_upgrades, raise_alerts
from tasks.upgrades.testing import conclude, note_failure, plan_tests

_ALL = UpgradeWatch()


@flow(name="watch-upgrades", flow_run_name="watch upgrades", persist_result=False)
async def watch_upgrades(request: UpgradeWatch = _ALL) -> Any:
    """Look for changed weights and server versions under policies, test them against what was measured, and tell.

    Nothing changes about a policy before somebody has decided.

    Args:
        request: Which policies are looked at.
    """
    request = await use_own_settings(request)
    own_id = UUID(str(flow_run.id))
    return await run_interruptibly(own_id, lambda: _watch(request, own_id))


async def _watch(request: UpgradeWatch, flow_run_id: UUID) -> UpgradeLook:
    looked = await look_at_servers(request)
    for upgrade in looked.to_test:
        await _test(upgrade, flow_run_id)
    look = await raise_alerts(looked)
    for sentence in (look.sentence, *look.away, *look.notes):
        get_run_logger().info("%s", sentence)
    await notify()
    await publish_upgrades(look)
    return look


async def _test(upgrade: Upgrade, flow_run_id: UUID) -> None:
    """Ask again what decided, and conclude; what cannot be tested now is tested by the next look."""
    try:
        for test in await plan_tests(upgrade):
            benchmark = LoadedBenchmark(name=test.benchmark_name, version=test.benchmark_version)
            request = PlanRequest(request=test.request, invocation_id=test.invocation_id, flow_run_id=str(flow_run_id))
            plan = await planned(request, (benchmark,))
            await work_through(plan, flow_run_id)
            await publish_results(plan.invocation_id)
        await conclude(upgrade)
    except RunInUseError as error:  # another look is testing it
        get_run_logger().info("%s", error.message)
    except BenchwrightError as error:
        get_run_logger().warning("%s on %s could not be tested: %s", upgrade.model, upgrade.endpoint, error.message)
        await note_failure(upgrade, error.message)
