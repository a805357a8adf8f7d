"""Tasks that plan the re-test of an upgrade, and conclude from it."""

from collections.abc import Mapping
from typing import Any

from prefect import task
from prefect.cache_policies import NO_CACHE

from evaluation.comparisons.comparison_result import compare_and_store
from evaluation.errors import ConfigurationError
from evaluation.records.policies import Upgrade
from evaluation.records.status import Status
from evaluation.store.policies import load_policy
from evaluation.store.runs import find_run
from evaluation.store.session import Store
from evaluation.store.upgrades import load_upgrade, set_upgrade
from selection.policies.upgrade_tests import Retest, retests_of, tested_candidate
from selection.policies.upgrade_verdicts import comparison_request, figures_of, verdict_of, worst_of
from tasks.store_calls import call_with_store, compute_with_store


@task(name="plan test", task_run_name="plan the test", cache_policy=NO_CACHE, persist_result=False)
async def plan_tests(upgrade: Upgrade) -> tuple[Retest, ...]:
    """Return what is to be asked again, and note it with the upgrade.

    Raises:
        ConfigurationError: nothing can be asked.
    """
    return await call_with_store(_planned, upgrade.upgrade_id)


def _planned(store: Store, upgrade_id: str) -> tuple[Retest, ...]:
    upgrade = load_upgrade(store, upgrade_id)
    retests = retests_of(store, upgrade)
    details = {name: value for name, value in upgrade.details.items() if name != "reason"}
    details["tests"] = [retest.record for retest in retests]
    set_upgrade(store, upgrade_id, state="testing", verdict=None, details=details)
    return retests


@task(name="conclude", task_run_name="conclude", cache_policy=NO_CACHE, persist_result=False)
async def conclude(upgrade: Upgrade) -> Upgrade:
    """Compare each run with its re-test, and store the verdict; return the upgrade.

    Raises:
        BenchwrightError: a re-test did not complete, or cannot be compared.
    """
    return await compute_with_store(_concluded, upgrade.upgrade_id)


def _concluded(store: Store, upgrade_id: str) -> Upgrade:
    upgrade = load_upgrade(store, upgrade_id)
    tests: list[dict[str, Any]] = []
    for test in upgrade.details["tests"]:
        tests += _compared(store, upgrade, test)
    by_policy = {
        policy_id: verdict_of([test for test in tests if policy_id in test["policies"]])
        for policy_id in sorted({policy_id for test in tests for policy_id in test["policies"]})
    }
    details = {**upgrade.details, "tests": tests, "policies": by_policy}
    verdict = worst_of(tuple(by_policy.values()))
    return set_upgrade(store, upgrade_id, state="tested", verdict=verdict, details=details)


def _compared(store: Store, upgrade: Upgrade, test: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return a test with its figures, once for each margin of its policies."""
    retest = find_run(store, test["retest"])
    if retest.status is not Status.COMPLETED:
        raise ConfigurationError(
            f"run {retest.plan.run_id}, which asks again, is {retest.status}: {retest.reason or 'no reason is stored'}",
            "`benchwright upgrades look` tries again.",
        )
    key = tested_candidate(store, upgrade, test)
    margins: dict[float, list[str]] = {}
    for policy_id in test["policies"]:
        margins.setdefault(load_policy(store, policy_id).margin, []).append(policy_id)
    only = {test["candidate"], key}
    tests = []
    for margin, policy_ids in sorted(margins.items()):
        request = comparison_request(test["run"], test["retest"], margin)
        stored = (test["run"], test["retest"])
        (result,) = compare_and_store(store, request, stored=stored, only=only)
        tests.append({**test, "policies": policy_ids, "tested": key, **figures_of(result)})
    return tests


async def note_failure(upgrade: Upgrade, reason: str) -> None:
    """Store why an upgrade could not be tested; the next look tries again."""
    await call_with_store(_failed, upgrade.upgrade_id, reason)


def _failed(store: Store, upgrade_id: str, reason: str) -> None:
    upgrade = load_upgrade(store, upgrade_id)
    set_upgrade(store, upgrade_id, state="failed", verdict=None, details={**upgrade.details, "reason": reason})
