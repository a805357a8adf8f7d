"""Values that commands read from Prefect blocks: the database, the servers of a pool, prices.

Prefect is imported only when a block is used.
"""

import asyncio
from dataclasses import replace
from typing import TYPE_CHECKING, Any, TypeVar

from deployments.cli.terminal.output import print_status
from deployments.forms import Choices
from deployments.prefect_home import login
from evaluation.machine_load import busy_words
from tasks.block_names import BLOCK, DATABASE_SLUG, POOL

if TYPE_CHECKING:
    from evaluation.requests.evaluation_request import EvaluationRequest
    from evaluation.requests.score_request import ScoreRequest
    from evaluation.requests.writing_request import WritingRequest
    from evaluation.store.session import Store

Request = TypeVar("Request", "EvaluationRequest", "ScoreRequest", "WritingRequest")
_ANSWERS_WITHIN_S = 10.0


def must_have_server() -> None:
    """Check that a Prefect server is configured, or that `serve` runs, and that it answers.

    Raises:
        ConfigurationError: there is none.
    """
    from deployments.prefect_server import use_lasting_server

    use_lasting_server("blocks need one")


def database_of_block() -> str | None:
    """Return the database in the block `benchwright` of the configured server.

    None where there is no server or no block.

    Raises:
        ConfigurationError: the block is not complete.
    """
    import httpx

    from deployments.prefect_server import lasting_api, use_lasting_server, wait_for_opened

    wait_for_opened()
    if (api := lasting_api()) is None:
        return None
    path = f"{api}/block_types/slug/{DATABASE_SLUG}"
    try:
        has_blocks = httpx.get(path, auth=login(api), timeout=_ANSWERS_WITHIN_S).status_code != 404
    except httpx.HTTPError as error:
        busy = busy_words() if isinstance(error, httpx.TimeoutException) else None
        next_step = "if one of its blocks holds the results database, give --db"
        print_status(f"warning: the Prefect server does not answer{f': {busy}' if busy else ''}; {next_step}")
        return None
    if not has_blocks:
        return None
    use_lasting_server("blocks need one")
    from tasks.block_values import address_in_block

    return asyncio.run(address_in_block())


def with_servers_of_pools(request: Request, store: "Store") -> Request:
    """Replace each pool in the request by its servers, and store these.

    Raises:
        ConfigurationError: there is no such pool, or no Prefect server to read it from.
    """
    if not any(text.startswith(POOL) for text in request.endpoints):
        return request
    must_have_server()
    from tasks.block_values import with_pools

    return asyncio.run(with_pools(request, store))


def with_blocks_of_server(choices: Choices) -> Choices:
    """Add the server's blocks of prices and its pools to the choices of a form.

    Where no endpoint is known, the form accepts any text for one.
    """
    from tasks.blocks import EndpointPool, Prices

    prices = _names_of_blocks(Prices._block_type_slug, BLOCK)
    pools = _names_of_blocks(EndpointPool._block_type_slug, POOL) if choices.endpoints else ()
    return replace(choices, endpoints=(*choices.endpoints, *pools), prices=prices)


def _names_of_blocks(slug: str | None, before: str) -> tuple[str, ...]:
    from prefect.client.orchestration import get_client

    block_filter = {"block_types": {"slug": {"any_": [slug]}}}
    with get_client(sync_client=True) as client:
        documents = client.request("POST", "/block_documents/filter", json=block_filter).json()
    return tuple(sorted(before + document["name"] for document in documents))


def prices_of_block(name: str) -> dict[str, Any]:
    """Return the prices of a block in the form of a file.

    Raises:
        ConfigurationError: there is no such block, or no Prefect server to read it from.
    """
    must_have_server()
    from tasks.block_values import prices_in_block

    return asyncio.run(prices_in_block(name))
