"""The `benchwright blocks` commands: register the block types for Prefect's pages, and list types and blocks."""

import asyncio
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

import typer

from deployments.cli.arguments import JsonOption
from deployments.cli.blocks_in_use import must_have_server
from deployments.cli.terminal.output import print_json, print_status
from deployments.cli.terminal.tables import print_line, print_table

if TYPE_CHECKING:
    from prefect.client.orchestration import PrefectClient

blocks = typer.Typer(
    no_args_is_help=True, help="Prefect blocks for databases, server pools and prices: register, list."
)


@dataclass(frozen=True, kw_only=True)
class KindOfBlock:
    """A block type with the names of its blocks, never their contents."""

    kind: str
    slug: str
    is_registered: bool
    names: tuple[str, ...] = ()


@blocks.command("register")
def register(as_json: JsonOption = False) -> None:
    """Register Benchwright's block types on the configured Prefect server. Run again, it refreshes their forms."""
    must_have_server()
    kinds = asyncio.run(_registered())
    if as_json:
        print_json([asdict(kind) for kind in kinds])
        return
    for kind in kinds:
        print_line(f"registered {kind.kind} ({kind.slug})")
    print_line("Create a block in the Prefect UI under Blocks.")


@blocks.command("list")
def list_blocks(as_json: JsonOption = False) -> None:
    """List the block types and the names of their blocks, without their contents."""
    must_have_server()
    kinds = asyncio.run(_listed())
    if as_json:
        print_json([asdict(kind) for kind in kinds])
        return
    print_table(("kind", "slug", "blocks"), [(kind.kind, kind.slug, ", ".join(kind.names) or None) for kind in kinds])
    if not all(kind.is_registered for kind in kinds):
        print_status("not all block types are registered; run `benchwright blocks register`")


async def _registered() -> list[KindOfBlock]:
    from tasks.blocks import BLOCKS

    for kind in BLOCKS:
        await kind.aregister_type_and_schema()
    return await _listed()


async def _listed() -> list[KindOfBlock]:
    from prefect.client.orchestration import get_client

    from tasks.blocks import BLOCKS

    async with get_client() as client:
        return [await _kind(str(kind._block_type_name), str(kind._block_type_slug), client) for kind in BLOCKS]


async def _kind(name: str, slug: str, client: "PrefectClient") -> KindOfBlock:
    from prefect.exceptions import ObjectNotFound

    try:
        await client.read_block_type_by_slug(slug)
    except ObjectNotFound:
        return KindOfBlock(kind=name, slug=slug, is_registered=False)
    documents = await client.read_block_documents_by_type(slug, include_secrets=False)
    names = tuple(sorted(document.name for document in documents if document.name))
    return KindOfBlock(kind=name, slug=slug, is_registered=True, names=names)
