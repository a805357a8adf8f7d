"""What stands in the user's Prefect folder and variables: which server is meant, how to log in, where ours answers."""

import json
import os
import tomllib
from pathlib import Path
from typing import Any


def prefect_home() -> Path:
    """The folder in which Prefect keeps its database and profiles."""
    return Path(os.environ.get("PREFECT_HOME") or "~/.prefect").expanduser()


def configured_api() -> str | None:
    """The address of the server that the user's variables or active Prefect profile name."""
    return _configured("PREFECT_API_URL")


def login() -> tuple[str, str] | None:
    """User and password for Prefect's server, as the user's variables or active profile have them; None: none."""
    said = _configured("PREFECT_API_AUTH_STRING") or _configured("PREFECT_SERVER_API_AUTH_STRING")
    if not said:
        return None
    user, _, password = said.partition(":")
    return user, password


def _configured(name: str) -> str | None:
    """What a variable says, else the user's active Prefect profile."""
    if os.environ.get(name):
        return os.environ[name]
    path = Path(os.environ.get("PREFECT_PROFILES_PATH") or prefect_home() / "profiles.toml")
    try:
        profiles = tomllib.loads(path.read_text())
    except (OSError, tomllib.TOMLDecodeError):
        return None
    active = os.environ.get("PREFECT_PROFILE") or profiles.get("active")
    found = profiles.get("profiles", {}).get(active, {}).get(name)
    return str(found) if found else None


def _address_file() -> Path:
    return prefect_home() / "benchwright" / "server.json"


def read_address() -> str | None:
    """The address that another command wrote down; it may have gone since."""
    found = said_of_address().get("api")
    return None if found is None else str(found)


def said_of_address() -> dict[str, Any]:
    """All that it wrote."""
    try:
        said = json.loads(_address_file().read_text())
    except (OSError, ValueError):
        return {}
    return said if isinstance(said, dict) else {}


def write_address(api: str, *, is_lasting: bool = False) -> None:
    """Writes our server's address down for others to find; `is_lasting` where it outlives commands."""
    path = _address_file()
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_suffix(f".{os.getpid()}")
    fresh.write_text(json.dumps({"api": api, "pid": os.getpid()} | ({"is_lasting": True} if is_lasting else {})))
    fresh.replace(path)


def remove_address(api: str) -> None:
    """Takes our own address away, and nobody else's."""
    if read_address() == api:
        _address_file().unlink(missing_ok=True)
