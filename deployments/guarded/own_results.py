"""Restriction of Prefect's results: they are written to this user's own folder, and never read.

Prefect keeps what a flow returned or raised as a pickle, and reads it again from wherever a state on its server says.
Anyone with access to the API can write states, blocks and the server's default storage, and a pickle is a program. Our
flows keep their results in our store, so a process in which `read_no_results` was called reads no result of Prefect's,
from anywhere, and asks no server where to put one.
"""

from typing import Any, NoReturn

from evaluation.errors import ConfigurationError

LIBRARIES = ("cloudpickle", "pickle", "bz2", "gzip", "lzma", "zlib")
"""Modules that the serializer named by a state may have imported; nothing is read with them."""


def read_no_results() -> None:
    """Keep Prefect in this process from reading results, and write its own to the usual folder.

    Raises:
        AttributeError: this release of Prefect reads them in another way.
    """
    import prefect._internal.schemas.validators
    import prefect.results
    from prefect._internal.result_records import ResultRecord
    from prefect.results import ResultStore

    for owner, name, replacement in (
        # A serializer is checked, by an import of what it names, as soon as a state is parsed.
        (prefect._internal.schemas.validators, "from_qualified_name", _library),
        (prefect.results, "_read_server_default_result_storage_block_id", _no_block),
        (prefect.results, "_aread_server_default_result_storage_block_id", _no_block_async),
        (ResultStore, "_from_metadata", _refuse_async),
        (ResultStore, "_read", _refuse),
        (ResultStore, "_aread", _refuse_async),
        (ResultRecord, "deserialize", _refuse),
        (ResultRecord, "deserialize_from_result_and_metadata", _refuse),
    ):
        getattr(owner, name)
        setattr(owner, name, replacement)


def _refuse(*_arguments: object, **_options: object) -> NoReturn:
    raise ConfigurationError(
        "a state on Prefect's server says that a result is to be read, and Benchwright keeps none there",
        "Somebody has set the state of a flow run by hand; start the flow run again.",
    )


async def _refuse_async(*_arguments: object, **_options: object) -> NoReturn:
    _refuse()


def _no_block() -> None:
    return None


async def _no_block_async() -> None:
    return None


def _library(name: str) -> Any:
    from prefect.utilities.importtools import from_qualified_name

    if name not in LIBRARIES:
        raise ValueError(f"expected one of {', '.join(LIBRARIES)}, received {name!r}")
    return from_qualified_name(name)
