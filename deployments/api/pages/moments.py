"""Moments as pages show them: weekday, date and time in UTC, and how long ago that was."""

from datetime import UTC, datetime

from evaluation import formatting

TIME_ZONE_NOTE = "Dates and times are UTC."
"""Stands at the end of every page."""
_DAY_S = 86_400
_NOW_S = 5


def date_and_time(moment: datetime, now: datetime) -> str:
    """Return `Tue 24 Nov, 14:02`; the year too where it is not the current one."""
    utc = in_utc(moment)
    year = "" if utc.year == in_utc(now).year else f" {utc.year}"
    return f"{utc:%a} {utc.day} {utc:%b}{year}, {utc:%H:%M}"


def exact(moment: datetime) -> str:
    """Return `2026-11-24 14:02:33 UTC`."""
    return f"{in_utc(moment):%Y-%m-%d %H:%M:%S} UTC"


def how_long_ago(moment: datetime, now: datetime) -> str:
    """Return how long ago a moment was, or in how long it will be."""
    seconds = (now - in_utc(moment)).total_seconds()
    if abs(seconds) < _NOW_S:
        return "just now"
    length = _length(abs(seconds))
    return f"{length} ago" if seconds > 0 else f"in {length}"


def in_utc(moment: datetime) -> datetime:
    """Return a moment with its time zone; one without is in UTC already."""
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)


def _length(seconds: float) -> str:
    if seconds >= 2 * _DAY_S:
        return formatting.counted(int(seconds // _DAY_S), "day")
    return formatting.duration(seconds)
