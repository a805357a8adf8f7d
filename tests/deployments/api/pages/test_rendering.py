"""Words of the pages: how long ago something was."""

from datetime import UTC, datetime, timedelta

import pytest

from deployments.api.pages.rendering import how_long_ago

NOW = datetime(2026, 11, 26, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("ago", "words"),
    [
        (timedelta(seconds=4), "just now"),
        (timedelta(seconds=40), "40 s ago"),
        (timedelta(hours=47), "47 h ago"),
        (timedelta(hours=48), "2 days ago"),
        (timedelta(days=6, hours=23), "6 days ago"),
    ],
)
def test_long_ago_is_said_in_days(ago: timedelta, words: str) -> None:
    assert words == how_long_ago(NOW - ago, NOW)
