"""Database addresses: parse a path or URL, and format it for display without secrets."""

import os
import re
from pathlib import Path
from typing import TYPE_CHECKING

from platformdirs import user_data_path

from evaluation.errors import StoreError

if TYPE_CHECKING:
    from sqlalchemy.engine import URL

_ALLOWED = "Give a path, sqlite:///PATH or postgresql://USER:PASSWORD@HOST/NAME"
_SECRET_QUERY = ("password", "sslpassword")
_SQLITE = "sqlite+pysqlite:///"
_PLAIN = re.compile(r"[\w./~ +,-]+")
"""Pattern of a path without characters that have a meaning in URLs."""


def default_url() -> str:
    """Return the URL of the database in the user's data folder."""
    return f"sqlite:///{user_data_path('benchwright', appauthor=False) / 'benchwright.db'}"


def plain_path(url: str | None) -> str | None:
    """Return the absolute path of the SQLite file that `url` plainly names; None where only `parse_url` can tell.

    For callers that cannot wait until SQLAlchemy is loaded.
    """
    text = default_url() if url is None else url.strip()
    path = text.removeprefix(_SQLITE).removeprefix("sqlite:///")
    return os.path.abspath(os.path.expanduser(path)) if _PLAIN.fullmatch(path) else None


def path_of(url: str) -> str:
    """Return the absolute path of the SQLite file that `url` names."""
    return plain_path(url) or os.path.abspath(str(parse_url(url).database))


def address_of_path(path: str) -> str:
    """Return the URL of the SQLite file at a path."""
    return f"{_SQLITE}{path}"


def sqlite_url(path: str) -> "URL":
    """Return the parsed URL of the SQLite file at a path, whatever characters the path contains."""
    from sqlalchemy.engine import URL

    return URL.create("sqlite+pysqlite", database=path)


def parse_url(url: str | None) -> "URL":
    """Return the database that `url` names; None names the default one.

    Raises:
        StoreError: it is neither a path nor a URL of SQLite or PostgreSQL.
    """
    import sqlalchemy as sa

    text = default_url() if url is None else url.strip()
    if "://" not in text:
        text = f"sqlite:///{text}" if text and text != ":memory:" else "sqlite://"
    try:
        parsed = sa.make_url(text)
    except (sa.exc.ArgumentError, ValueError):
        raise StoreError(f"{_masked(text)!r} is not a database URL", _ALLOWED) from None
    match parsed.drivername.partition("+")[0]:
        case "sqlite":
            return _sqlite(parsed)
        case "postgresql" | "postgres":
            if "@" in f"{parsed.host or ''}{parsed.database or ''}":
                raise StoreError(
                    f"{_masked(text)!r} contains more than one '@', so the end of the password is ambiguous",
                    "Write an '@' in a user name, password or database name as %40",
                )
            return parsed.set(drivername="postgresql+psycopg")
        case scheme:
            raise StoreError(f"{_masked(text)!r}: unsupported database scheme {scheme!r}", _ALLOWED)


def _sqlite(url: "URL") -> "URL":
    if not url.database or url.database == ":memory:":
        raise StoreError("an in-memory database is not supported: results must outlive this process", _ALLOWED)
    return url.set(drivername="sqlite+pysqlite", database=str(Path(url.database).expanduser()))


def shown(url: "URL") -> str:
    """Return `url` as it may be printed: without password and driver."""
    hidden = url.update_query_dict({name: "***" for name in _SECRET_QUERY if name in url.query})
    return hidden.set(drivername=url.get_backend_name()).render_as_string(hide_password=True)


def _masked(text: str) -> str:
    without_password = re.sub(r"(://[^:/@]*:).*@", r"\1***@", text, flags=re.DOTALL)
    return re.sub(rf"\b({'|'.join(_SECRET_QUERY)})=[^&]*", r"\1=***", without_password)
