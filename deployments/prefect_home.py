"""The user's Prefect folder and variables: the configured server, its login, and the address of our own server."""

import json
import os
import secrets
import tomllib
from contextlib import suppress
from pathlib import Path
from typing import Any

from evaluation.errors import ConfigurationError
from evaluation.files.private_files import FILE_MODE, database_files, make_private, make_private_folder

USER = "benchwright"
"""User name that goes with the password of our own servers."""


def prefect_home() -> Path:
    """Return the folder of Prefect's database and profiles."""
    return Path(os.environ.get("PREFECT_HOME") or "~/.prefect").expanduser()


def configured_api() -> str | None:
    """Return the server address from the user's variables or active Prefect profile."""
    return _configured("PREFECT_API_URL")


def source_of_api() -> str:
    """Return the source of `configured_api`, as text."""
    return "PREFECT_API_URL" if os.environ.get("PREFECT_API_URL") else "your Prefect profile"


def own_folder() -> Path:
    """Return the folder in Prefect's home for our logs, addresses and passwords, private to this user.

    Raises:
        ConfigurationError: it cannot be created.
    """
    folder = prefect_home() / "benchwright"
    try:
        make_private_folder(folder)
    except OSError as error:
        raise ConfigurationError(
            f"the folder {str(folder)!r} cannot be created: {error.strerror}",
            "Free that path, or choose another folder: `export PREFECT_HOME=FOLDER`.",
        ) from error
    return folder


def mend_modes() -> None:
    """Remove other users' read access in Prefect's home: it holds secrets, and the key to them."""
    home = prefect_home()
    make_private(home)
    make_private(home / "benchwright")
    for path in secret_files():
        make_private(path)


def secret_files() -> tuple[Path, ...]:
    """Return the files of Prefect's home with secrets or access to them, whether they exist or not."""
    home = prefect_home()
    return (*database_files(home / "prefect.db"), home / "profiles.toml", *(home / "benchwright").glob("*"))


def webhooks_file() -> Path:
    """Return the file where `alerts notify` lists the servers that webhooks may call, one per line."""
    return prefect_home() / "benchwright" / "webhooks"


def password_file() -> Path:
    """Return the file of the password of our own servers on this home."""
    return prefect_home() / "benchwright" / "password"


def own_password() -> str:
    """Return `USER:PASSWORD` of our own servers on this home, created where there is none yet.

    Raises:
        ConfigurationError: its file cannot be written or read.
    """
    own_folder()
    path = password_file()
    try:
        with suppress(FileExistsError):
            _write_once(path, f"{USER}:{secrets.token_urlsafe(24)}\n")
        make_private(path)
        text = path.read_text().strip()
    except OSError as error:
        raise ConfigurationError(
            f"the password file {str(path)!r} cannot be used: {error.strerror}", "Delete it; a new one is created."
        ) from error
    if ":" not in text:
        raise ConfigurationError(f"the password file {str(path)!r} does not contain USER:PASSWORD", "Delete it.")
    return text


def _write_once(path: Path, text: str) -> None:
    """Write a new file atomically.

    Raises:
        FileExistsError: it exists already.
    """
    unfinished = path.with_name(f"{path.name}.{os.getpid()}")
    descriptor = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, FILE_MODE)
    try:
        with os.fdopen(descriptor, "w") as file:
            file.write(text)
        os.link(unfinished, path)
    finally:
        unfinished.unlink()


def password_to_give() -> str:
    """Return `USER:PASSWORD` that a server of ours requires.

    The user's own where one is set, else that of this home.
    """
    return _configured_password() or own_password()


def password_is_own() -> bool:
    """Return whether the password is that of this home's file, and not one that the user set."""
    text = _configured_password()
    return not text or (os.path.exists(password_file()) and text == own_password())


def login(api: str | None = None) -> tuple[str, str] | None:
    """Return user and password for a Prefect server; None: none.

    Args:
        api: Its address: the password of this home is only for its own servers. None: the configured server.
    """
    text = _configured_password()
    if not text and api is not None and api == read_address() and os.path.exists(password_file()):
        text = own_password()
    if not text:
        return None
    user, _, password = text.partition(":")
    return user, password


def _configured_password() -> str | None:
    return _configured("PREFECT_API_AUTH_STRING") or _configured("PREFECT_SERVER_API_AUTH_STRING")


def _configured(name: str) -> str | None:
    """Return the value of a variable, or else that of the user's active Prefect profile."""
    if os.environ.get(name):
        return os.environ[name]
    path = Path(os.environ.get("PREFECT_PROFILES_PATH") or prefect_home() / "profiles.toml")
    try:
        profiles = tomllib.loads(path.read_text())
    except (OSError, tomllib.TOMLDecodeError):
        return None
    active = os.environ.get("PREFECT_PROFILE") or profiles.get("active")
    value = profiles.get("profiles", {}).get(active, {}).get(name)
    return str(value) if value else None


def _address_file() -> Path:
    return prefect_home() / "benchwright" / "server.json"


def read_address() -> str | None:
    """Return the server address that another command wrote; that server may be gone."""
    address = read_address_file().get("api")
    return None if address is None else str(address)


def read_address_file() -> dict[str, Any]:
    """Return everything that command wrote."""
    try:
        content = json.loads(_address_file().read_text())
    except (OSError, ValueError):
        return {}
    return content if isinstance(content, dict) else {}


def is_writer_alive() -> bool:
    """Return whether the process that wrote the address is alive, so that its server may be too."""
    from evaluation.store.holders import process_start

    pid = read_address_file().get("pid")
    return isinstance(pid, int) and process_start(pid) is not None


def write_address(api: str, *, is_lasting: bool = False) -> None:
    """Write our server's address for other commands; `is_lasting` if it outlives commands."""
    path = own_folder() / _address_file().name
    fresh = path.with_suffix(f".{os.getpid()}")
    fresh.write_text(json.dumps({"api": api, "pid": os.getpid()} | ({"is_lasting": True} if is_lasting else {})))
    fresh.chmod(FILE_MODE)
    fresh.replace(path)


def remove_address(api: str) -> None:
    """Remove our own address, and no other."""
    if read_address() == api:
        _address_file().unlink(missing_ok=True)
