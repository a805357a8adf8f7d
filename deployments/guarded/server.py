"""The program `python -m deployments.guarded.server server start …`: Prefect's server, restricted.

It answers its own pages and programs. The arguments are those of `prefect server start`. What differs: requests of
other origins and names are refused (`origins.py`), its process connects to named servers alone and starts no programs
(`connections.py`), notifications read no files (`notifications.py`), templates of automations fill in values alone
(`templates.py`), on anything but loopback it has a password, it stays in the foreground, what it writes is readable by
its user alone, and requests that write to SQLite at once wait for one another (`write_locks.py`).
"""

import hmac
import os
import sys
from pathlib import Path
from typing import Any, NoReturn

from deployments.guarded.connections import Gate, named_webhooks, own_targets
from deployments.guarded.notifications import only_send
from deployments.guarded.origins import LOOPBACK_NAMES, OwnPagesOnly, allowed_names, host_name
from deployments.guarded.templates import only_fill_in
from deployments.guarded.write_locks import take_write_locks_first
from deployments.prefect_home import own_password, prefect_home, webhooks_file
from evaluation.errors import ConfigurationError
from evaluation.files.private_files import only_for_this_user

DEFAULTS = {
    "PREFECT_SERVER_CORS_ALLOWED_ORIGINS": "http://127.0.0.1:4200",
    # The pages ask whoever served them, under the name that the browser knows.
    "PREFECT_SERVER_UI_API_URL": "/api",
}
HOST = "PREFECT_SERVER_API_HOST"
PASSWORD = "PREFECT_SERVER_API_AUTH_STRING"  # noqa: S105 - the name of a variable


def main(words: list[str]) -> None:
    """Run Prefect's command line with these arguments."""
    if words[:2] != ["server", "start"]:
        raise SystemExit(f"error: expected `server start …`, received {' '.join(words)!r}")
    only_for_this_user()
    for name, value in DEFAULTS.items():
        os.environ.setdefault(name, value)
    try:
        _protect(words)
        names = [host_name(name) for name in allowed_names()]
        named_webhooks(webhooks_file())
    except (ConfigurationError, ValueError) as error:
        raise SystemExit(f"error: {error}") from None
    import uvicorn

    gate = Gate(lambda: [*own_targets(), *named_webhooks(webhooks_file())])
    run = uvicorn.run

    def run_guarded(app: Any, **options: Any) -> None:
        compare_any_texts()
        if isinstance(app, str):
            raise SystemExit("error: --workers above 1 is not offered here\n  next: Leave --workers out.")
        _must_not_be_open(options["host"])
        only_send()
        only_fill_in()
        take_write_locks_first()
        gate.close()
        run(OwnPagesOnly(app, names=names, has_sign_in=True), **{**options, "loop": "asyncio"})

    uvicorn.run = run_guarded
    _stay_in_the_foreground()
    from prefect.cli import app

    sys.argv = ["prefect", *words]
    app()


def compare_any_texts() -> None:
    """Make `hmac.compare_digest` accept any text: Prefect compares passwords with it, and it takes only ASCII."""
    compare = hmac.compare_digest

    def compare_texts(a: Any, b: Any) -> bool:
        first, second = (each.encode("utf-8", "surrogatepass") if isinstance(each, str) else each for each in (a, b))
        return compare(first, second)

    setattr(hmac, "compare_digest", compare_texts)  # noqa: B010 - a function of another signature, to mypy


def _stay_in_the_foreground() -> None:
    """Refuse `--background`, which starts a process of Prefect without these guards."""
    import prefect.cli._server_utils as utils

    def refuse(_console: object, pid_file: Path, *_arguments: object, **_options: object) -> NoReturn:
        pid_file.unlink(missing_ok=True)
        raise SystemExit(
            "error: --background is not offered here\n  next: Leave it out, and let the shell do it: `… &`."
        )

    getattr(utils, "_run_in_background")  # noqa: B009 - another release may name it otherwise
    setattr(utils, "_run_in_background", refuse)  # noqa: B010 - a function of another signature, to mypy


def _protect(words: list[str]) -> None:
    """Give a server that listens beyond this machine a password, unless it has one."""
    host = _option(words, "--host") or os.environ.get(HOST) or "127.0.0.1"
    if not _is_loopback(host) and not os.environ.get(PASSWORD):
        os.environ[PASSWORD] = own_password()
        sys.stderr.write(f"the server listens at {host}: its password is in {prefect_home() / 'benchwright'}\n")
    if os.environ.get(PASSWORD):
        os.environ.setdefault("PREFECT_API_AUTH_STRING", os.environ[PASSWORD])


def _must_not_be_open(host: str) -> None:
    """Refuse an address beyond this machine without a password, wherever the address is configured.

    Prefect also reads settings from profiles and files, which are not read before it starts.
    """
    from prefect.settings import get_current_settings

    if not _is_loopback(host) and not get_current_settings().server.api.auth_string:
        raise SystemExit(
            f"error: a setting of Prefect's has the server listen at {host}, beyond this machine, without a password\n"
            f"  next: Give --host {host}, and one is made; or export {PASSWORD}=user:password."
        )


def _is_loopback(host: str) -> bool:
    return host in (*LOOPBACK_NAMES, "::1")


def _option(words: list[str], name: str) -> str | None:
    for index, word in enumerate(words):
        if word == name and index + 1 < len(words):
            return words[index + 1]
        if word.startswith(f"{name}="):
            return word.partition("=")[2]
    return None


if __name__ == "__main__":
    main(sys.argv[1:])
