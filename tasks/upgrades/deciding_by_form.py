"""The task of a decision on an upgrade."""

from prefect import task
from prefect.cache_policies import NO_CACHE

from evaluation.requests.upgrade_request import UpgradeDecision
from evaluation.settings import Settings
from evaluation.store.session import open_store
from tasks.store_calls import call_store
from tasks.upgrades.deciding import decide

FORM = "form"
"""Who decides, for the history of policies."""


@task(name="decide", task_run_name="decide", cache_policy=NO_CACHE, persist_result=False)
async def decide_by_form(request: UpgradeDecision) -> tuple[str, ...]:
    """Accept or decline an upgrade; return sentences on what was done.

    Raises:
        UnknownNameError: there is no such upgrade.
        ConfigurationError: it was decided already, or is to be accepted untested.
    """
    with await call_store(open_store, Settings().database) as store:
        is_accepted = request.decision == "accept"
        upgrade, sentences = await decide(store, request.upgrade, is_accepted=is_accepted, by=FORM)
    return (f"{upgrade.state} the upgrade of {upgrade.model} on {upgrade.endpoint}", *sentences)
