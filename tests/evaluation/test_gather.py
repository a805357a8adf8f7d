"""Several pieces of work at once: their order, and what becomes of an error."""

import asyncio

import pytest

from evaluation.gather import gather_or_cancel


async def _after(seconds: float, value: str) -> str:
    await asyncio.sleep(seconds)
    return value


async def _refused() -> str:
    raise ValueError("no such thing")


def test_results_come_in_the_order_of_the_works_whichever_ends_first() -> None:
    works = [_after(0.02, "slow"), _after(0.0, "fast")]

    assert ["slow", "fast"] == asyncio.run(gather_or_cancel(works))


def test_nothing_to_do_gives_nothing() -> None:
    assert [] == asyncio.run(gather_or_cancel([]))


def test_the_first_error_is_raised_as_itself_and_ends_the_others() -> None:
    ended: list[str] = []

    async def endless() -> str:
        try:
            return await _after(3600, "never")
        finally:
            ended.append("cancelled")

    with pytest.raises(ValueError, match="no such thing"):
        asyncio.run(gather_or_cancel([endless(), _refused()]))
    assert ["cancelled"] == ended
