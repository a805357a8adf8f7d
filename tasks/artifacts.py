"""Prefect artifacts: one place that publishes them, with valid keys, escaped texts and plain cells.

Prefect renders a description as Markdown, and it contains names that other people chose. Pages are written by functions
of the core that escape what they quote (`evaluation.escaping.for_markdown`).
"""

from collections.abc import Mapping, Sequence
from uuid import UUID

from prefect import get_run_logger
from prefect.artifacts import (
    acreate_link_artifact,
    acreate_markdown_artifact,
    acreate_progress_artifact,
    acreate_table_artifact,
    aupdate_progress_artifact,
)

from evaluation.escaping import for_cell, for_markdown
from evaluation.reports.page_links import Shown, report_address
from evaluation.settings import Settings
from evaluation.store.retrying import PATIENCE_S
from tasks.prefect_outage import retry_while_prefect_is_away

LONGEST_DESCRIPTION = 400
_REPORT = "The report, one HTML file"


async def publish_page(markdown: str, *, key: str, description: str, patience_s: float = PATIENCE_S) -> str:
    """Publish a page of Markdown and return its id, waiting for a server that is away.

    Args:
        markdown: The page, with text by others escaped.
        key: Key of this kind of page, from `artifact_key`.
        description: Description, in which names by others are allowed.
        patience_s: Seconds to wait for a server that is away.
    """

    async def create() -> UUID:
        return await acreate_markdown_artifact(markdown=markdown, key=key, description=_description(description))

    return str(await retry_while_prefect_is_away(create, patience_s=patience_s))


async def publish_link(address: str, *, text: str, key: str, description: str) -> str:
    """Publish a link, and return its id; otherwise as `publish_page`.

    Args:
        address: Where it leads: one of our own pages.
        text: Its words.
        key: As for a page.
        description: As for a page.
    """

    async def create() -> UUID:
        return await acreate_link_artifact(link=address, link_text=text, key=key, description=_description(description))

    return str(await retry_while_prefect_is_away(create))


async def publish_report_link(shown: Shown, identity: str, *, description: str) -> None:
    """Publish a link to the report on a run or a comparison, where the address of our own pages is known."""
    pages_url = Settings().pages_url
    if pages_url is not None:
        address = report_address(pages_url, shown, identity)
        await publish_link(address, text=_REPORT, key="report", description=description)


async def publish_table(rows: Sequence[Mapping[str, str]], *, key: str, description: str) -> str:
    """Publish a table for searching and sorting, and return its id; otherwise as `publish_page`.

    Args:
        rows: Rows of text, which may be by others.
        key: As for a page.
        description: As for a page.
    """
    table = [{for_cell(column): for_cell(str(cell)) for column, cell in row.items()} for row in rows]

    async def create() -> UUID:
        return await acreate_table_artifact(table=table, key=key, description=_description(description))

    return str(await retry_while_prefect_is_away(create))


def artifact_key(*words: str) -> str:
    """Return the words as an artifact's key: lower-case letters, digits and dashes."""
    text = "-".join(words).lower()
    return "-".join("".join(letter if letter.isascii() and letter.isalnum() else " " for letter in text).split())


def _description(text: str) -> str:
    return for_markdown(text, max_length=LONGEST_DESCRIPTION)


class ProgressArtifact:
    """Progress artifact of a flow run. An update that Prefect does not accept now is retried with the next step."""

    def __init__(self, key: str = "progress") -> None:
        self._key = key
        self._id: UUID | None = None
        self._shown: tuple[float, str] | None = None

    async def show(self, percent: float, sentence: str) -> None:
        """Update the shown progress, if it has changed.

        Args:
            percent: Shown to a tenth.
            sentence: Progress as text, with the remaining time.
        """
        now = (round(percent, 1), _description(sentence))
        if now == self._shown:
            return
        progress, description = now
        try:
            if self._id is None:
                self._id = await acreate_progress_artifact(progress=progress, key=self._key, description=description)
            else:
                await aupdate_progress_artifact(artifact_id=self._id, progress=progress, description=description)
        except Exception as error:  # a bar must not end a run
            get_run_logger().debug("could not show the progress; trying again later: %s", error)
            return
        self._shown = now
