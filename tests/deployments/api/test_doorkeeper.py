"""What does the gate remember of a sender, for how long, and when does it ask again?"""

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

import pytest

from deployments.api.access import Connection, Doorkeeper, RecentKeys, Sender
from deployments.api.local_users import Address
from deployments.api.problems import ProblemError
from evaluation.records.access import ApiKey, Scope
from evaluation.store.api_keys import create_key, revoke_key
from evaluation.store.session import KeptStore

HERE = {"client": ("127.0.0.1", 50_000), "server": ("127.0.0.1", 4210)}
TEXT = "bw_ab12_secret"
KEY = ApiKey(
    key_id="ab12",
    name="a",
    scopes=("read",),
    rate=None,
    created_at=datetime(2026, 1, 1, tzinfo=UTC),
    budget=None,
    expires_at=None,
    revoked_at=None,
)


@dataclass
class Kernel:
    """Says whose a connection is, and counts how often it was asked."""

    is_own: bool = True
    asked: list[tuple[Address, Address]] = field(default_factory=list)

    def __call__(self, client: Address, server: Address) -> bool:
        self.asked.append((client, server))
        return self.is_own


def _bearer(text: str) -> Sender:
    return Sender(authorizations=[f"Bearer {text}"])


def test_a_valid_key_is_recalled_for_its_second_and_then_looked_up() -> None:
    clock = [100.0]
    recent = RecentKeys(kept_for_s=1.0, now=lambda: clock[0])
    recent.keep(TEXT, KEY, read_at=100.0)

    assert recent.recall(TEXT) is KEY
    clock[0] = 100.99
    assert recent.recall(TEXT) is KEY
    clock[0] = 101.0
    assert recent.recall(TEXT) is None


@pytest.mark.parametrize("text", ["bw_ab12_secre", "bw_ab12_secret2", "bw_ab12_", "bw_ab12", "bw_", "bw_cd34_secret"])
def test_another_text_with_the_same_id_is_not_recalled(text: str) -> None:
    recent = RecentKeys(now=lambda: 0.0)
    recent.keep(TEXT, KEY, read_at=0.0)

    assert recent.recall(text) is None


def test_a_recalled_key_that_has_expired_meanwhile_is_looked_up() -> None:
    recent = RecentKeys(now=lambda: 0.0)
    recent.keep(TEXT, replace(KEY, expires_at=datetime.now(UTC) - timedelta(microseconds=1)), read_at=0.0)

    assert recent.recall(TEXT) is None


def test_a_key_is_not_kept_as_text() -> None:
    recent = RecentKeys()
    recent.keep(TEXT, KEY, read_at=0.0)

    assert "secret" not in repr(vars(recent))


def test_a_key_revoked_elsewhere_is_refused_once_its_entry_is_over(served_store: KeptStore) -> None:
    clock = [0.0]
    keeper = Doorkeeper(store=served_store, _recent=RecentKeys(now=lambda: clock[0]))
    key, text = create_key(served_store, name="a", scopes=[Scope.READ])
    keeper._recent.keep(text, key, read_at=0.0)
    revoke_key(served_store, "a")

    within = keeper.recall(_bearer(text))
    clock[0] = 1.0

    assert within is not None
    assert keeper.recall(_bearer(text)) is None
    with pytest.raises(ProblemError, match="revoked"):
        keeper.admit(_bearer(text))


def test_a_key_revoked_here_is_looked_up_at_its_next_request(served_store: KeptStore) -> None:
    keeper = Doorkeeper(store=served_store)
    key, text = create_key(served_store, name="a", scopes=[Scope.READ])
    keeper.admit(_bearer(text))

    keeper.forget(key)

    assert keeper.recall(_bearer(text)) is None


def test_recalled_requests_count_against_the_rate(served_store: KeptStore) -> None:
    keeper = Doorkeeper(store=served_store, _recent=RecentKeys(now=lambda: 0.0))
    key, text = create_key(served_store, name="a", scopes=[Scope.READ], rate="3/hour")
    keeper._recent.keep(text, key, read_at=0.0)

    assert [True] * 3 == [keeper.recall(_bearer(text)) is not None for _ in range(3)]
    with pytest.raises(ProblemError, match="may send"):
        keeper.recall(_bearer(text))


def test_the_kernel_is_asked_once_for_a_connection_and_again_for_one_from_the_same_port(
    served_store: KeptStore,
) -> None:
    kernel = Kernel()
    keeper = Doorkeeper(store=served_store, is_own_user=kernel)
    first, second = Connection(), Connection()

    keeper.admit(Sender(**HERE, connection=first))

    assert first.is_own_until > 0
    assert keeper.recall(Sender(**HERE, connection=second)) is None
    kernel.is_own = False
    with pytest.raises(ProblemError, match="another user"):
        keeper.admit(Sender(**HERE, connection=second))
    assert keeper.recall(Sender(**HERE, connection=second)) is None
    assert 2 == len(kernel.asked)


def test_a_connection_is_checked_again_once_its_second_is_over(served_store: KeptStore) -> None:
    keeper = Doorkeeper(store=served_store, is_own_user=Kernel())

    assert keeper.recall(Sender(**HERE, connection=Connection(is_own_until=0.0))) is None
    assert keeper.recall(Sender(**HERE, connection=Connection(is_own_until=float("inf")))) is not None


def test_where_connections_are_not_told_apart_nothing_is_recalled(served_store: KeptStore) -> None:
    keeper = Doorkeeper(store=served_store, is_own_user=Kernel())

    keeper.admit(Sender(**HERE))

    assert keeper.recall(Sender(**HERE)) is None


def test_a_recalled_connection_without_a_key_does_not_replace_a_required_one(served_store: KeptStore) -> None:
    keeper = Doorkeeper(store=served_store, requires_key=True)

    assert keeper.recall(Sender(**HERE, connection=Connection(is_own_until=float("inf")))) is None
