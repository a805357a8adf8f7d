from datetime import UTC, datetime, timedelta, timezone

from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy.dialects import sqlite

from evaluation.store.columns import UtcTime
from evaluation.store.safe_text import escape_text, unescape_text

ANY_TEXT = st.text(alphabet=st.one_of(st.characters(), st.sampled_from("\x00\x1a\ud800\udfff0d8f")))


@given(ANY_TEXT)
def test_escaped_text_can_be_stored_anywhere_and_comes_back(text: str) -> None:
    escaped = escape_text(text)
    escaped.encode()
    assert "\x00" not in escaped
    assert text == unescape_text(escaped)


@given(st.text(alphabet="\x00\x1a0d", max_size=8), st.integers(0, 40))
def test_a_stored_text_that_was_cut_is_a_beginning_of_the_text(text: str, length: int) -> None:
    """A database cuts what it holds, where an escape may stand."""
    assert text.startswith(unescape_text(escape_text(text)[:length]))


@given(st.text(alphabet=st.characters(exclude_categories=["Cs"], exclude_characters="\x00\x1a")))
def test_ordinary_text_is_stored_as_it_is(text: str) -> None:
    assert text == escape_text(text)


def test_a_moment_is_kept_in_utc() -> None:
    noon = datetime(2026, 7, 1, 12, tzinfo=timezone(timedelta(hours=2)))
    column, dialect = UtcTime(), sqlite.dialect()
    stored = column.process_bind_param(noon, dialect)
    assert datetime(2026, 7, 1, 10) == stored  # noqa: DTZ001
    assert datetime(2026, 7, 1, 10, tzinfo=UTC) == column.process_result_value(stored, dialect)
    assert column.process_bind_param(None, dialect) is None
    assert column.process_result_value(None, dialect) is None
