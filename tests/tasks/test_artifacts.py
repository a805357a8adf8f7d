"""What stands in Prefect's pages beside and below what the core wrote."""

import asyncio
from typing import Any

import pytest

from tasks import artifacts
from tasks.artifacts import ProgressArtifact, artifact_key, publish_page, publish_table

HOSTILE = "a <b>x</b> [l](https://evil.example) me@evil.example\n# big\x1b[31m"


@pytest.fixture
def published(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """What Prefect was given, in order."""
    given: list[dict[str, Any]] = []

    async def note(**values: Any) -> str:
        given.append(values)
        return f"id-{len(given)}"

    names = ("acreate_markdown_artifact", "acreate_table_artifact", "acreate_progress_artifact")
    for name in (*names, "aupdate_progress_artifact"):
        monkeypatch.setattr(artifacts, name, note)
    return given


def test_a_description_is_markdown_to_prefect_and_so_is_escaped(published: list[dict[str, Any]]) -> None:
    asyncio.run(publish_page("# Page", key="page", description=HOSTILE))
    asyncio.run(publish_table([{"a": "1"}], key="table", description=HOSTILE))
    asyncio.run(ProgressArtifact().show(1.0, HOSTILE))

    for given in published:
        assert "<b>" not in given["description"]
        assert "](https" not in given["description"]
        assert "@evil" not in given["description"]
        assert "\n" not in given["description"]
    assert "# Page" == published[0]["markdown"]


def test_a_description_is_no_page_of_its_own(published: list[dict[str, Any]]) -> None:
    asyncio.run(publish_page("", key="page", description="x" * 5000))

    assert 400 == len(published[0]["description"])


def test_cells_are_single_lines_without_controls(published: list[dict[str, Any]]) -> None:
    assert "id-1" == asyncio.run(publish_table([{"a\x1b": HOSTILE}], key="table", description=""))

    ((name, cell),) = published[0]["table"][0].items()
    assert "a\ufffd" == name
    assert "<b>" not in cell
    assert "](https" not in cell
    assert "a <b>x</b> [l](https://evil.example) me@evil.example # big\ufffd[31m" == cell.replace("\u200b", "")


def test_a_key_is_what_prefect_takes() -> None:
    assert "results-gsm8k-b-x-b" == artifact_key("results", "GSM8K <b>x</b>")
    assert "results" == artifact_key("results", "数学")


def test_progress_is_shown_again_only_where_something_changed(published: list[dict[str, Any]]) -> None:
    async def show() -> None:
        shown = ProgressArtifact()
        await shown.show(10.0, "1 of 10")
        await shown.show(10.01, "1 of 10")
        await shown.show(10.01, "1 of 10 · 9 s left")

    asyncio.run(show())

    assert ["1 of 10", "1 of 10 · 9 s left"] == [given["description"] for given in published]
    assert "id-1" == published[1]["artifact_id"]
