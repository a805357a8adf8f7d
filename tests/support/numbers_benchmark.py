"""Benchmark files that ask for numbers."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any


def write_cases(path: Path, cases: Sequence[dict[str, Any]]) -> Path:
    """A file with these cases."""
    path.write_text("".join(json.dumps(case) + "\n" for case in cases))
    return path


def write_numbers(path: Path, n: int) -> Path:
    """A file with `n` cases `c0`, `c1`, … that ask `What is 0?`, `What is 1?`, …"""
    return write_cases(
        path, [{"case_id": f"c{k}", "prompt": f"What is {k}?", "references": [str(k)]} for k in range(n)]
    )
