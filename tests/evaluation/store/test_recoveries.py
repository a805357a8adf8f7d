"""Of two who would make a dead flow run again, the store lets one."""

from datetime import timedelta

import sqlalchemy as sa

from evaluation.store.recoveries import (
    CLAIM_FORGOTTEN_AFTER_S,
    claim_recovery,
    count_restart,
    end_claim,
    find_recovery,
    give_up,
    put_back,
    request_recovery,
    requested_recoveries,
)
from evaluation.store.session import Store
from evaluation.store.statements import now
from evaluation.store.tables import recovery


def _wanted(store: Store) -> list[str]:
    return [record.flow_run_id for record in requested_recoveries(store)]


def test_what_died_is_wanted_until_one_of_those_who_look_claims_it(store: Store) -> None:
    assert find_recovery(store, "one") is None
    request_recovery(store, "one")
    first = find_recovery(store, "one")
    request_recovery(store, "one")
    assert first == find_recovery(store, "one")
    assert ["one"] == _wanted(store)

    assert [True, False] == [claim_recovery(store, "one"), claim_recovery(store, "one")]
    assert [] == _wanted(store)
    assert not claim_recovery(store, "unknown")


def test_restarts_are_counted_and_a_second_death_is_wanted_after_the_first_is_taken_care_of(store: Store) -> None:
    request_recovery(store, "one")
    claim_recovery(store, "one")
    assert [1, 2] == [count_restart(store, "one"), count_restart(store, "one")]
    request_recovery(store, "one")
    assert [] == _wanted(store)
    assert not claim_recovery(store, "one")
    end_claim(store, "one")
    assert ["one"] == _wanted(store)


def test_what_could_not_be_done_is_put_back_as_old_as_it_was(store: Store) -> None:
    request_recovery(store, "one")
    before = find_recovery(store, "one")
    assert before is not None
    claim_recovery(store, "one")
    put_back(store, "one", before.wanted_at)
    assert before == find_recovery(store, "one")


def test_a_claim_of_one_who_died_over_it_is_open_again(store: Store) -> None:
    request_recovery(store, "one")
    claim_recovery(store, "one")
    long_ago = now() - timedelta(seconds=CLAIM_FORGOTTEN_AFTER_S + 1)
    with store.write() as connection:
        connection.execute(sa.update(recovery).values(claimed_at=long_ago))
    assert ["one"] == _wanted(store)
    assert [True, False] == [claim_recovery(store, "one"), claim_recovery(store, "one")]


def test_what_was_given_up_is_wanted_no_more(store: Store) -> None:
    request_recovery(store, "one")
    claim_recovery(store, "one")
    give_up(store, "one")
    request_recovery(store, "one")
    assert [] == _wanted(store)
    assert not claim_recovery(store, "one")
