"""A decision on an upgrade, with what follows from it on the servers."""

from evaluation.records.policies import Upgrade
from evaluation.store.policies import list_policies
from evaluation.store.session import Store
from selection.policies.upgrade_decisions import accept_upgrade, decline_upgrade, names_to_release
from selection.policies.upgrade_watch import watched_policy
from tasks.upgrades.keeping import keep_for, release


async def decide(store: Store, upgrade_id: str, *, is_accepted: bool, by: str) -> tuple[Upgrade, tuple[str, ...]]:
    """Accept or decline an upgrade; return it, and sentences on what was done on servers.

    Accepted: its policies stand for the changed candidate, whose weights are kept from now on; the names that were made
    for the old weights are removed where no other policy needs them.

    Args:
        store: Where it is.
        upgrade_id: Its id, or a unique beginning of it.
        is_accepted: True to accept.
        by: Who decides.

    Raises:
        UnknownNameError: there is no such upgrade.
        ConfigurationError: it was decided already, or is to be accepted untested.
    """
    if not is_accepted:
        return decline_upgrade(store, upgrade_id, by=by), ()
    upgrade = accept_upgrade(store, upgrade_id, by=by)
    sentences = []
    for policy in list_policies(store):
        watched = watched_policy(store, policy) if policy.policy_id in upgrade.policy_ids else None
        if watched is not None and policy.watches_upgrades:
            made, problems = await keep_for(store, watched, by=by)
            sentences += [*(f"made {name}" for name in made), *problems]
    return upgrade, (*sentences, *await release(store, names_to_release(store, upgrade)))
