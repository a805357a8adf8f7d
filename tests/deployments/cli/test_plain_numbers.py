"""Is a number that is not written plainly refused like every other wrong value?"""

from collections.abc import Callable
from typing import Any

import pytest


@pytest.mark.parametrize("text", ["1_0", "1_000"])
def test_a_number_that_is_not_written_plainly_is_refused_with_the_next_step(
    benchwright: Callable[..., Any], text: str
) -> None:
    said = benchwright("runs", "list", "--limit", text)

    assert 2 == said.code
    assert f"error: --limit '{text}' is not a number\n  next: Write it like 10 or 0.5.\n" == said.err
