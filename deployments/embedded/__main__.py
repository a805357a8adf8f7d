"""The program `python -m deployments.embedded`: serves until it is told to stop.

It writes its address to a file once it can be reached.
"""

import argparse
import asyncio
import logging
import os
import socket
import sys
from collections.abc import Sequence
from pathlib import Path

import uvicorn

from deployments.embedded.app import EmbeddedApp
from deployments.embedded.baseline_engine import baseline_models
from deployments.embedded.engine import ServedModel
from deployments.embedded.smollm2 import chatml_model, missing_parts, smollm2
from deployments.guarded.origins import OwnPagesOnly, allowed_names, host_name
from evaluation.errors import ConfigurationError
from evaluation.files.private_files import only_for_this_user
from evaluation.files.unreadable import unreadable

_LOGGER = logging.getLogger("benchwright.embedded")


def main(arguments: list[str] | None = None) -> None:
    """Serve as configured by the command line, until SIGTERM or SIGINT."""
    options = _parser().parse_args(arguments)
    only_for_this_user()
    if options.log_file:
        _send_output_to(options.log_file)
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(name)s %(message)s")
    logging.getLogger("httpx").setLevel(logging.WARNING)
    try:
        asyncio.run(_serve(options))
    except ConfigurationError as error:
        sys.stderr.write(f"error: {error.message}\n  next: {error.next_step}\n")
        raise SystemExit(2) from None


def served_models(*, baselines_only: bool = False, files: Sequence[str] = ()) -> list[ServedModel]:
    """Return the models that can be served here: the real model if its packages are installed, and the baselines.

    Args:
        baselines_only: Leave the real model out.
        files: More models to serve, as `NAME=FILE.gguf`.

    Raises:
        ConfigurationError: an invalid file.
    """
    missing = "told to serve baselines only" if baselines_only else missing_parts()
    if missing:
        _LOGGER.info("the baselines serve alone: %s", missing)
        return baseline_models()
    return [smollm2(), *(_of_a_file(text) for text in files), *baseline_models()]


def _of_a_file(text: str) -> ServedModel:
    name, sign, path = text.partition("=")
    example = "For example --model smollm2:135m-q4_0=smollm2-q4_0.gguf"
    if not sign or not name or not path:
        raise ConfigurationError(f"--model {text!r} is not of the form NAME=FILE.gguf", example)
    try:
        return chatml_model(name if ":" in name else f"{name}:latest", Path(path))
    except OSError as error:
        refused = unreadable(Path(path), error, what="the file of --model")
        raise ConfigurationError(refused.message, f"{refused.next_step} {example}") from None
    except ConfigurationError as error:
        raise ConfigurationError(f"--model {text!r}: {error.message}", example) from None


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m deployments.embedded", description=__doc__)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument(
        "--allow-host",
        action="append",
        default=[],
        metavar="NAME",
        help="a host name under which it may be reached, besides 127.0.0.1, localhost and --host; may be repeated",
    )
    parser.add_argument("--port", type=int, default=0, help="0: any free one")
    parser.add_argument("--slots", type=int, default=2, help="requests answered at the same time")
    parser.add_argument("--log-file", type=Path, help="where all output goes, llama.cpp's too")
    parser.add_argument("--ready-file", type=Path, help="file to write the URL to when the server is ready")
    parser.add_argument("--baselines-only", action="store_true", help="leave the language model out")
    parser.add_argument(
        "--model",
        action="append",
        default=[],
        metavar="NAME=FILE.gguf",
        help="a file to serve beside the model, asked in ChatML like it: another quantisation; may be repeated",
    )
    parser.add_argument("--test-faults", action="store_true", help="offer /test/faults, which makes requests fail")
    return parser


async def _serve(options: argparse.Namespace) -> None:
    names = _names(options)
    models = served_models(baselines_only=options.baselines_only, files=options.model)
    app = EmbeddedApp(models, slots=options.slots, test_faults=options.test_faults)
    listener = _listener(options.host, options.port)
    config = uvicorn.Config(
        OwnPagesOnly(app, names=names),
        log_config=None,
        log_level="warning",
        access_log=False,
        lifespan="off",
        timeout_graceful_shutdown=2,
    )
    server = uvicorn.Server(config)
    serving = asyncio.create_task(server.serve(sockets=[listener]))
    try:
        while not server.started and not serving.done():
            await asyncio.sleep(0.01)
        if server.started:
            _announce(f"http://{options.host}:{listener.getsockname()[1]}", options.ready_file)
        await serving
    finally:
        await app.scheduler.close()


def _names(options: argparse.Namespace) -> list[str]:
    """Return the allowed host names, beside those of loopback.

    Raises:
        ConfigurationError: one of them is invalid.
    """
    names = [*options.allow_host, *allowed_names()]
    if options.host not in ("0.0.0.0", ""):  # noqa: S104 - compared, not listened at
        names.append(options.host)
    try:
        return [host_name(name) for name in names]
    except ValueError as error:
        raise ConfigurationError(f"{error}", "For example --allow-host gpu-1.example.com") from None


def _listener(host: str, port: int) -> socket.socket:
    # With its protocol spelt out, else asyncio leaves Nagle's delay of 40 ms on.
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind((host, port))
    listener.listen(128)
    return listener


def _announce(url: str, ready_file: Path | None) -> None:
    _LOGGER.info("serving at %s", url)
    if ready_file is None:
        sys.stdout.write(f"{url}\n")
        sys.stdout.flush()
        return
    # Renamed into place, so that nobody reads half an address.
    unfinished = ready_file.with_name(f"{ready_file.name}.unfinished")
    unfinished.write_text(url)
    unfinished.replace(ready_file)


def _send_output_to(path: Path) -> None:
    """Redirect standard output and error to a file, also for code that bypasses Python."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    os.dup2(handle, 1)
    os.dup2(handle, 2)
    os.close(handle)


if __name__ == "__main__":
    main()
