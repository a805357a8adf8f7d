"""Values read from Prefect blocks for use in a run: the database, the servers of a pool, prices.

Secrets are passed no further.
"""

import asyncio
import os
from dataclasses import replace
from typing import TypeVar

import httpx
from prefect import get_run_logger
from prefect.blocks.core import Block
from pydantic import ValidationError

from evaluation.errors import ConfigurationError
from evaluation.records.candidates import EndpointRecord
from evaluation.requests.evaluation_request import EvaluationRequest
from evaluation.requests.score_request import ScoreRequest
from evaluation.requests.writing_request import WritingRequest
from evaluation.settings import Settings
from evaluation.store.address import parse_url, shown
from evaluation.store.registry import find_endpoint, save_endpoint
from evaluation.store.session import Store
from tasks.block_names import BLOCK, POOL, USUAL
from tasks.blocks import EndpointPool, Prices, ResultsDatabase, key_variable

B = TypeVar("B", bound=Block)
Request = TypeVar("Request", EvaluationRequest, ScoreRequest, WritingRequest)
SEE = "`benchwright blocks list` lists the existing ones."


async def find_block(kind: type[B], name: str) -> B | None:
    """Return the block of that name on the Prefect server; None where there is none.

    Raises:
        ConfigurationError: it is incomplete, or the server does not answer. Its content is not shown.
    """
    try:
        block = await kind.aload(name)
    except ValidationError as error:
        fields = ", ".join(".".join(map(str, item["loc"])) for item in error.errors(include_input=False))
        raise ConfigurationError(
            f"the block {name!r} ({kind._block_type_name}) is not complete: {fields}", "Fix it in the Prefect UI."
        ) from None
    except httpx.HTTPError as error:
        raise ConfigurationError(
            f"cannot read the block {name!r} from the Prefect server: {type(error).__name__}",
            "Check that it responds, then run again.",
        ) from None
    except ValueError:  # as Prefect says that there is no such block
        return None
    return block


async def block_named(kind: type[B], name: str) -> B:
    """Return the block of that name on the Prefect server.

    Raises:
        ConfigurationError: there is none, or as for `find_block`.
    """
    block = await find_block(kind, name)
    if block is None:
        raise ConfigurationError(f"the Prefect server has no block {name!r} ({kind._block_type_name})", SEE)
    return block


async def address_in_block() -> str | None:
    """Return the URL, password included, from the block that names the default results database.

    None where there is none.
    """
    block = await find_block(ResultsDatabase, USUAL)
    return None if block is None else block.address()


async def use_results_database() -> None:
    """Make this process keep results in the block's database, unless `BENCHWRIGHT_DATABASE_URL` is set.

    This holds for as long as the process lives: a flow run that began in one database ends there.
    """
    if Settings().database is not None:
        return
    url = await address_in_block()
    if url is not None:
        os.environ["BENCHWRIGHT_DATABASE_URL"] = url
        get_run_logger().info("storing results in %s (block %r)", shown(parse_url(url)), USUAL)


async def with_pools(request: Request, store: Store) -> Request:
    """Replace each `pool:NAME` among the request's endpoints by the servers of that pool, and store these.

    A pool's key is kept in an environment variable of this process, and nowhere else.

    Raises:
        ConfigurationError: there is no such pool, or it is not complete.
    """
    if not any(text.startswith(POOL) for text in request.endpoints):
        return request
    names: list[str] = []
    for text in request.endpoints:
        names += await _servers(text.removeprefix(POOL), store) if text.startswith(POOL) else [text]
    return request.model_copy(update={"endpoints": list(dict.fromkeys(names))})


async def _servers(name: str, store: Store) -> list[str]:
    pool = await block_named(EndpointPool, name)
    if key := pool.key_in_clear():
        os.environ[key_variable(name)] = key
    return await asyncio.to_thread(_kept, list(pool.records(name)), store)


def _kept(records: list[EndpointRecord], store: Store) -> list[str]:
    """Store the servers, and return their names.

    A server that was stored under a name of its own stays as it is.
    """
    return [_kept_one(record, store) for record in records]


def _kept_one(record: EndpointRecord, store: Store) -> str:
    stored = find_endpoint(store, record.url)
    if stored is not None and stored.name != record.name:
        return stored.name
    is_resized = stored is None or (stored.slots, stored.gpu_tag) != (record.slots, record.gpu_tag)
    updated = replace(record, limit_pending=is_resized or (stored is not None and stored.limit_pending))
    if updated != stored:
        save_endpoint(store, updated)
    return record.name


async def with_prices(request: EvaluationRequest) -> EvaluationRequest:
    """Replace the block of prices that the request names by its prices: a run keeps those it used.

    Raises:
        ConfigurationError: there is no such block, or a price is invalid.
    """
    if not isinstance(request.prices, str):
        return request
    return request.model_copy(update={"prices": await prices_in_block(request.prices.removeprefix(BLOCK))})


async def prices_in_block(name: str) -> dict[str, object]:
    """Return the prices of a block in the form of a file for `--prices`.

    Raises:
        ConfigurationError: there is no such block, or a price is invalid.
    """
    return (await block_named(Prices, name)).content()
