"""The `--json` of commands that read the store is held against files: what other programs read changes on purpose.

After a change on purpose, `WRITE_JSON_CONTRACT=1 pytest tests/deployments/cli/test_json_contract.py` writes the files
again; read the diff. Moments, identifiers, ports, folders and versions have names in their place;
numbers have six digits, since the last ones differ between processors.
"""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
from json_contract import Named, differs, fill_with_everything

Command = Callable[..., Any]
Words = tuple[str, ...]

STORED: Mapping[str, Words] = {
    "runs-list": ("runs", "list"),
    "show": ("show", "mixed"),
    "show-case": ("show", "mixed", "--case", "c03"),
    "show-of-one-task": ("show", "run-summarization"),
    "compare": ("compare", "run-summarization"),
    "compare-by-margin": ("compare", "mixed", "--margin", "0.1", "--metric", "exact_match"),
    "compare-unpaired": ("compare", "mixed", "usual", "--unpaired", "--against", "first"),
    "recommend": ("recommend", "--task", "summarization"),
    "recommend-abstains": ("recommend", "--task", "law"),
    "recommend-under-limits": ("recommend", "--task", "summarization", "--max-latency", "2s"),
    "selection-show": ("selection", "show"),
    "selection-history": ("selection", "history"),
    "selection-imports": ("selection", "imports"),
    "selection-recommendations": ("selection", "recommendations"),
    "experiments-list": ("experiments", "list"),
    "experiments-show": ("experiments", "show", "ladder"),
    "experiments-diff": ("experiments", "diff", "mixed", "later"),
    "alerts-list": ("alerts", "list"),
    "alerts-silences": ("alerts", "silences"),
    "traffic-list": ("traffic", "list"),
    "traffic-list-calls": ("traffic", "list", "--calls", "5"),
    "endpoints-list": ("endpoints", "list"),
    "profiles-list": ("profiles", "list"),
    "profiles-show": ("profiles", "show", "chain_of_thought"),
    "benchmarks-list": ("benchmarks", "list"),
    "benchmarks-show": ("benchmarks", "show", "numbers"),
    "metrics-list": ("metrics", "list"),
    "metrics-show": ("metrics", "show", "exact_match"),
    "pipelines-list": ("pipelines", "list"),
    "pipelines-show": ("pipelines", "show", "cascade"),
    "review-list": ("review", "list"),
    "db-info": ("db", "info"),
}
"""Commands that read the store below."""


@pytest.fixture
def filled(database: str, benchwright: Command, tmp_path: Path) -> str:
    """The store of the commands, with something of everything that they show."""
    fill_with_everything(database, benchwright, tmp_path)
    return database


def test_what_is_stored_is_said_as_before(filled: str, benchwright: Command, tmp_path: Path) -> None:
    said = {name: benchwright(*words, "--json") for name, words in STORED.items()}

    assert {} == {name: one.err for name, one in said.items() if one.code not in (0, 2) or not one.out}
    texts = {name: Named(tmp_path).of(one.out) for name, one in said.items()}
    assert [] == [name for name, text in texts.items() if differs(name, text)], "see the module's docstring"
