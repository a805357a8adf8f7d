"""Tasks that make alerts of upgrades, and publish a look in Prefect."""

from prefect import task
from prefect.cache_policies import NO_CACHE

from evaluation.records.alerts import subject_of
from evaluation.reports.upgrades import look_as_markdown, rows_of
from evaluation.results.upgrades import UpgradeLook
from evaluation.store.alerts import list_alerts, record_look
from evaluation.store.policies import list_policies
from evaluation.store.session import Store
from evaluation.store.upgrades import list_upgrades, set_upgrade
from selection.policies.upgrade_decisions import RULE, finding_of
from tasks.artifacts import publish_page, publish_table
from tasks.prefect_outage import going_on_without
from tasks.store_calls import call_with_store
from tasks.upgrades.looking import Looked


@task(name="raise alerts", task_run_name="raise alerts", cache_policy=NO_CACHE, persist_result=False)
async def raise_alerts(looked: Looked) -> UpgradeLook:
    """Raise an alert for each upgrade on which nobody has decided, end the others', and return the look."""
    return await call_with_store(_raise, looked)


def _raise(store: Store, looked: Looked) -> UpgradeLook:
    names = {policy.policy_id: policy.name for policy in list_policies(store, all=True)}
    findings = [
        finding_of(upgrade, names)
        for upgrade in list_upgrades(store, is_open=True)
        if upgrade.state in ("tested", "failed")
    ]
    decided = {
        subject_of(RULE, f"{upgrade.endpoint} · {upgrade.model}")
        for upgrade in list_upgrades(store)
        if upgrade.decided_at is not None
    }
    record_look(store, findings, judged=decided)
    raised = {alert.occurrence: alert.alert_id for alert in list_alerts(store) if alert.rule == RULE}
    for upgrade in list_upgrades(store, is_open=True):
        if upgrade.upgrade_id in raised and upgrade.alert_id != raised[upgrade.upgrade_id]:
            set_upgrade(store, upgrade.upgrade_id, alert_id=raised[upgrade.upgrade_id])
    return UpgradeLook(
        n_policies=looked.n_policies,
        n_servers=looked.n_servers,
        away=looked.away,
        kept=looked.kept,
        notes=looked.notes,
        upgrades=list_upgrades(store, is_open=True),
    )


@task(name="publish upgrades", task_run_name="publish the report", cache_policy=NO_CACHE, persist_result=False)
async def publish_upgrades(look: UpgradeLook) -> None:
    """Publish what a look found as Prefect artifacts."""
    async with going_on_without("the upgrades"):
        if rows := rows_of(look.upgrades):
            await publish_table(rows, key="upgrades", description=look.sentence)
        await publish_page(look_as_markdown(look), key="upgrade-watch", description=look.sentence)
