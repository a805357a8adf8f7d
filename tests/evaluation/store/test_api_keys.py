"""Are keys stored without their secrets, and refused once they are over?"""

from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa

from evaluation.errors import ConfigurationError, UnknownNameError
from evaluation.records.access import Scope
from evaluation.store.api_keys import authenticate, create_key, has_valid_keys, list_keys, revoke_key
from evaluation.store.session import Store
from evaluation.store.tables import api_key


def test_a_key_is_found_by_its_text_and_its_secret_is_not_stored(store: Store) -> None:
    key, text = create_key(store, name="ci", scopes=[Scope.READ, Scope.RUN], rate="60/minute")

    found = authenticate(store, text)

    assert key == found
    assert ("read", "run") == key.scopes
    secret = text.split("_", 2)[2]
    with store.read() as connection:
        (row,) = connection.execute(sa.select(api_key)).mappings()
    assert secret not in repr(dict(row))
    assert secret not in repr(list_keys(store))


@pytest.mark.parametrize(
    "change", [lambda text: text[:-1], lambda text: text + "x", lambda text: f"x{text}", str.upper]
)
def test_a_text_that_differs_in_one_character_is_no_key(store: Store, change) -> None:
    _, text = create_key(store, name="ci", scopes=[Scope.READ])

    assert authenticate(store, change(text)) is None


@pytest.mark.parametrize("text", ["", "bw", "bw__", "bw_nobody_secret", "\x00", "bw_\udcff_x", "a" * 10_000])
def test_odd_texts_are_no_keys(store: Store, text: str) -> None:
    create_key(store, name="ci", scopes=[Scope.READ])

    assert authenticate(store, text) is None


def test_an_expired_key_is_refused_from_its_last_moment_on(store: Store) -> None:
    end = datetime(2030, 1, 1, tzinfo=UTC)
    _, text = create_key(store, name="ci", scopes=[Scope.READ], expires_at=end)

    assert authenticate(store, text, moment=end - timedelta(seconds=1)) is not None
    assert authenticate(store, text, moment=end) is None


def test_a_revoked_key_is_refused_and_its_name_is_free_again(store: Store) -> None:
    _, text = create_key(store, name="ci", scopes=[Scope.READ])
    assert has_valid_keys(store)

    revoke_key(store, "ci")

    assert authenticate(store, text) is None
    assert not has_valid_keys(store)
    create_key(store, name="ci", scopes=[Scope.CHAT])
    assert 2 == len(list_keys(store))


def test_two_valid_keys_cannot_have_one_name(store: Store) -> None:
    create_key(store, name="ci", scopes=[Scope.READ])

    with pytest.raises(ConfigurationError, match="a key named 'ci'"):
        create_key(store, name="ci", scopes=[Scope.READ])


def test_revoking_an_unknown_key_lists_the_known_ones(store: Store) -> None:
    create_key(store, name="ci", scopes=[Scope.READ])

    with pytest.raises(UnknownNameError, match=r"'nightly'.*ci"):
        revoke_key(store, "nightly")


def test_scopes_include_those_below_them_and_chat_only_admin() -> None:
    assert {Scope.READ} == Scope.READ.included
    assert {Scope.READ, Scope.RUN} == Scope.RUN.included
    assert set(Scope) == Scope.ADMIN.included
    assert {Scope.CHAT} == Scope.CHAT.included
