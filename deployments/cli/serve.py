"""The `benchwright serve` command: Prefect's pages, the flows as forms, and their worker, on one machine."""

import os
import signal
from typing import TYPE_CHECKING, Annotated, Any

import typer

from deployments.cli.arguments import DatabaseOption, JsonOption, database_url, open_results, read_settings
from deployments.cli.database_creation import open_or_make
from deployments.cli.serve_options import AllowedHostsOption, FormFilesOption, tell_servers
from deployments.cli.terminal.output import print_json, print_status
from deployments.cli.terminal.sign_in import password_words, sign_in_page
from deployments.cli.terminal.tables import print_line
from deployments.definitions import DEFINITIONS
from deployments.forms import Choices, choices_in
from deployments.serving.taking_up import take_up
from evaluation.providers import OF_EMBEDDED_SERVER
from evaluation.records.candidates import EndpointRecord

if TYPE_CHECKING:
    from deployments.serving.services import Services
    from evaluation.store.session import Store

PORT = 4200
API_OFFSET = 10
"""The API is at the port that is so much higher than that of the pages, unless another one is named."""


def serve(
    port: Annotated[int, typer.Option(metavar="N", min=1, max=65535, help="Port of the Prefect UI.")] = PORT,
    embedded: Annotated[
        bool | None,
        typer.Option(
            "--embedded/--no-embedded",
            help="Start the embedded server, or not; default: if no other responds.",
            show_default=False,
        ),
    ] = None,
    password: Annotated[
        bool,
        typer.Option(
            "--password/--no-password",
            help="Ask for a password; without one, every user of this machine can run what you can.",
        ),
    ] = True,
    api_port: Annotated[
        int | None, typer.Option(metavar="N", min=1, max=65535, help="Port of the HTTP API.", show_default="PORT + 10")
    ] = None,
    allow_host: AllowedHostsOption = None,
    form_files: FormFilesOption = None,
    db: DatabaseOption = None,
    as_json: JsonOption = False,
) -> None:
    """Run everything on this machine until Ctrl-C: the Prefect UI, all flows as forms and schedules, and a worker.

    If no model server answers, the embedded one is started. Results and schedules are kept for the next time.
    """
    from deployments.cli.flow_runs import TerminatedError
    from deployments.cli.long_commands import handle_sigterm
    from deployments.serving.home_lock import hold_home, must_be_free

    tell_servers(allow_host or (), form_files)
    with handle_sigterm():
        _heed_other_signals()
        try:
            with hold_home(port):
                must_be_free(port)
                must_be_free(api_port or port + API_OFFSET)
                _serve((port, api_port or port + API_OFFSET), embedded, db, has_password=password, as_json=as_json)
        except (KeyboardInterrupt, TerminatedError):
            print_status("stopped")


def _heed_other_signals() -> None:
    """Handle Ctrl-C even after a start with `&` in a script, and the end of the terminal unless `nohup` is used."""
    signal.signal(signal.SIGINT, signal.default_int_handler)
    if signal.getsignal(signal.SIGHUP) is signal.SIG_DFL:
        signal.signal(signal.SIGHUP, signal.getsignal(signal.SIGTERM))


def _serve(ports: tuple[int, int], embedded: bool | None, db: str | None, *, has_password: bool, as_json: bool) -> None:
    from deployments.serving.services import Services

    _keep_results_in(db)
    print_status("starting Prefect's server")
    _name_pages(f"http://127.0.0.1:{ports[1]}")
    with Services(ports[0], print_status, _take_up, has_password=has_password) as standing:
        for definition in DEFINITIONS:  # while the server starts
            definition.load_flow()
        standing.server.wait()
        with open_results(None) as store:
            _ask_model_servers(standing, store, embedded)
            standing.deploy(DEFINITIONS, _choices(store))
            database = store.shown_url
        standing.start_worker()
        standing.start_api(ports[1])
        forms = [definition.name for definition in DEFINITIONS if definition.is_for_people]
        _show(standing, forms, database, has_password=has_password, as_json=as_json)
        standing.watch()


def _name_pages(url: str) -> None:
    """Make what flows publish lead to the pages: under their own address, unless another one is set."""
    from deployments.cli.long_commands import PAGES_VARIABLE
    from deployments.serving.home_lock import note_servers

    os.environ[PAGES_VARIABLE] = pages_url = read_settings().pages_url or url
    note_servers(own_pages=pages_url)


def _take_up(workers_live: bool) -> tuple[str, ...]:
    return take_up(database_url(None), workers_live=workers_live)


def _keep_results_in(db: str | None) -> None:
    """Open the named database, and pass it to the flows; a block on the server may name another one."""
    url = db if db is not None else read_settings().database
    if url is not None:
        with open_or_make(url, typed=db) as store:
            os.environ["BENCHWRIGHT_DATABASE_URL"] = store.url  # a path is told in full, since flows run elsewhere


def _ask_model_servers(standing: "Services", store: "Store", embedded: bool | None) -> None:
    """Store the available models, which forms offer; start the embedded server where it is wanted."""
    from deployments.cli.servers import ask_all, record_models, requested_endpoints
    from deployments.serving.home_lock import note_servers
    from evaluation.resolution.endpoints import EMBEDDED

    answers, errors = ask_all(requested_endpoints([], store), in_full=True)
    for endpoint, error in errors:
        print_status(f"note: {endpoint.name}: {error.message}")
    if embedded or (embedded is None and not answers):
        url = standing.start_embedded()
        note_servers(embedded=url)
        answers += ask_all([EndpointRecord(name=EMBEDDED, url=url, provider=OF_EMBEDDED_SERVER)], in_full=True)[0]
    record_models(store, answers)
    standing.model_servers = {answer.endpoint.name: answer.endpoint.url for answer in answers}


def _choices(store: "Store") -> Choices:
    from deployments.cli.blocks_in_use import with_blocks_of_server

    return with_blocks_of_server(choices_in(store))


def _show(standing: "Services", deployments: list[str], database: str, *, has_password: bool, as_json: bool) -> None:
    page = standing.server.page
    fields: dict[str, Any] = {
        "pages": page,
        "own_pages": standing.pages_url,
        "deployments": {name: f"{page}/deployments?name={name}" for name in deployments},
        "api": standing.api_url,
        "model_servers": standing.model_servers,
        "database": database,
        "logs": str(standing.logs),
        "password_file": password_words(has_password=has_password),
    }
    if as_json:
        print_json(fields)
        return
    servers = ", ".join(f"{name} at {url}" for name, url in standing.model_servers.items())
    rows = {
        "Benchwright": standing.pages_url,
        "Prefect": sign_in_page(page) if has_password else page,
        "password": password_words(has_password=has_password) or "none: every user of this machine can sign in",
        "deployments": f"{page}/deployments ({', '.join(deployments)})",
        "api": standing.api_url,
        "model servers": servers or "none answers: start Ollama, or give --embedded",
        "database": database,
        "logs": str(standing.logs),
    }
    for name, value in rows.items():
        print_line(f"{name:14} {value}", hang=15)
    print_status("running; Ctrl-C stops it")
