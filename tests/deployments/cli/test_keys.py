"""Are keys made, listed and revoked on the command line, and shown once?"""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from deployments.cli.keys import read_expiry
from evaluation.errors import ConfigurationError

Command = Callable[..., Any]
NOW = datetime(2026, 5, 4, 3, 2, 1, tzinfo=UTC)


def test_a_key_is_made_shown_once_listed_and_revoked(database: str, benchwright: Command) -> None:
    made = benchwright(
        "keys",
        "create",
        "--name",
        "ci",
        "--scope",
        "read",
        "--rate",
        "60/min",
        "--budget",
        "tokens=1e6,usd=2.5",
        "--json",
    ).json
    listed = benchwright("keys", "list", "--json").json

    assert "60/minute" == made["rate"]
    assert {"tokens": 1_000_000, "usd": 2.5} == made["budget"]
    assert "1,000,000 tokens, 2.5 US dollars" in " ".join(benchwright("keys", "list").out.split())
    assert [{name: value for name, value in made.items() if name != "key"}] == listed
    revoked = benchwright("keys", "revoke", "ci", "--json").json
    assert revoked["revoked_at"] is not None


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("--name", "a", "--scope", "reed"), "unknown scope 'reed'; did you mean 'read'?"),
        (("--name", " ", "--scope", "read"), "the key's name is empty"),
        (("--name", "a\nb", "--scope", "read"), "the key's name holds the invisible character U+000A"),
        (("--name", "n" * 201, "--scope", "read"), "the key's name has 201 characters"),
        (("--name", "a", "--scope", "read", "--rate", "many"), "the rate 'many'"),
        (("--name", "a", "--scope", "read", "--expires", "soon"), "--expires 'soon' is not a time"),
        (("--name", "a", "--scope", "read", "--expires", "2020-01-01"), "has passed"),
        (("--name", "a", "--scope", "chat", "--budget", "tokens"), "--budget 'tokens' is not of the form name=number"),
        (("--name", "a", "--scope", "chat", "--budget", "tokens=0"), "the budget tokens is 0"),
        (("--name", "a", "--scope", "chat", "--budget", "tokens=inf"), "the budget tokens is inf"),
        (("--name", "a", "--scope", "chat", "--budget", "tokens=nan"), "the budget tokens is nan"),
        (("--name", "a", "--scope", "chat", "--budget", "usd=1", "--budget", "usd=2"), "given twice"),
        (("--name", "a", "--scope", "chat", "--budget", "token=5"), "unknown budget 'token'; did you mean 'tokens'?"),
    ],
)
def test_a_wrong_key_is_refused_by_name(
    database: str, benchwright: Command, words: tuple[str, ...], message: str
) -> None:
    refused = benchwright("keys", "create", *words)

    assert 2 == refused.code
    assert message in refused.err


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (None, None),
        ("12h", NOW + timedelta(hours=12)),
        ("30d", NOW + timedelta(days=30)),
        ("2w", NOW + timedelta(weeks=2)),
        ("2027-01-31", datetime(2027, 1, 31, tzinfo=UTC)),
        ("2027-01-31T12:00:00+02:00", datetime(2027, 1, 31, 10, tzinfo=UTC)),
    ],
)
def test_the_end_of_a_key_is_a_duration_or_a_date(text: str | None, expected: datetime | None) -> None:
    assert expected == read_expiry(text, NOW)


@pytest.mark.parametrize("text", ["", "0h", "-1d", "1e999d", "nand", "d", "31.1.2027"])
def test_what_is_no_end_is_refused(text: str) -> None:
    with pytest.raises(ConfigurationError, match="--expires"):
        read_expiry(text, NOW)
