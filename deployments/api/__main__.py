"""The process of the HTTP interface: `python -P -m deployments.api`, started by `benchwright api` and `serve`."""

import argparse
import os
import sys
from functools import partial
from pathlib import Path

import uvicorn

from deployments.api.app import create_app
from deployments.api.connections import StrictConnection
from deployments.api.memory import bound_memory
from deployments.cli.arguments import database_url, read_settings
from deployments.guarded.origins import allowed_names
from deployments.prefect_home import configured_api
from deployments.serving.reconciler import Reconciler
from deployments.serving.taking_up import take_up
from deployments.tracing import set_up_tracing
from evaluation.errors import BenchwrightError
from evaluation.files.allowed_files import FOLDER_VARIABLE
from evaluation.store.session import keep_open

PORT = 4210


def main(words: list[str]) -> None:
    """Serve until a signal ends it; answers that have begun are finished."""
    parser = argparse.ArgumentParser(prog="deployments.api")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=PORT)
    parser.add_argument("--require-key", action="store_true")
    parser.add_argument("--take-up", action="store_true", help="take up flow runs whose process is gone")
    options = parser.parse_args(words)

    bound_memory()  # before there are threads
    folder = os.environ.get(FOLDER_VARIABLE)
    try:
        end_tracing = set_up_tracing(os.environ)
        store = keep_open(database_url(None))
    except BenchwrightError as error:
        raise SystemExit(f"error: {error.message}\n  next: {error.next_step or 'See the message.'}") from None
    app = create_app(
        store,
        names=[*allowed_names(), *_own_names(options.host)],
        requires_key=options.require_key,
        form_files=Path(folder) if folder else None,
        embedded_url=read_settings().embedded_url,
    )
    reconciler = Reconciler(partial(take_up, store.url), _tell) if options.take_up and configured_api() else None
    if reconciler is not None:
        reconciler.start()
    try:
        uvicorn.run(
            app,
            host=options.host,
            port=options.port,
            log_level="warning",
            http=StrictConnection,
            ws="none",
            loop="asyncio",
            server_header=False,
            proxy_headers=False,
            timeout_keep_alive=30,
            timeout_graceful_shutdown=60,
            h11_max_incomplete_event_size=64 * 1024,
        )
    finally:
        if reconciler is not None:
            reconciler.stop()
        end_tracing()
        store.close()


def _tell(sentence: str) -> None:
    print(sentence, file=sys.stderr, flush=True)  # noqa: T201 - the log of this process


def _own_names(host: str) -> list[str]:
    """Return the address at which the server listens, unless it is that of all."""
    if host in ("0.0.0.0", "::", ""):  # noqa: S104 - told apart, not bound
        return []
    return [f"[{host}]" if ":" in host else host]


if __name__ == "__main__":
    main(sys.argv[1:])
