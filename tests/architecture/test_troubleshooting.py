"""Do the messages, kinds of failure and scorer versions that the documents name exist in the code?"""

import ast
import re
from functools import cache
from pathlib import Path

import pytest

from evaluation.errors import FailureKind
from evaluation.metrics import METRICS

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "troubleshooting.md").read_text(encoding="utf-8")
PACKAGES = ("evaluation", "selection", "tasks", "flows", "deployments")
PLACEHOLDER = re.compile(r"%(?:\.\d+)?[a-z]")
LEFT_OUT = "…"
"""What stands in the page for a part of a message that differs."""


def _messages() -> list[str]:
    """The first column of each table that has messages there."""
    messages = []
    for table in re.findall(r"^\| message \|.*\n\|[-|]+\|\n((?:\|.*\n)+)", PAGE, re.MULTILINE):
        cells = [re.match(r"\| (`+) ?(.+?) ?\1 \|", row) for row in table.splitlines()]
        messages += [cell[2] if cell else "a row without a message" for cell in cells]
    return messages


@cache
def _texts_in_code() -> str:
    """Every text in the code, one a line, with `…` where it takes a value."""
    texts = []
    for package in PACKAGES:
        for path in (ROOT / package).rglob("*.py"):
            texts += [_text(node) for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))]
    return "\n".join(" ".join(PLACEHOLDER.sub(LEFT_OUT, text).split()) for text in texts)


def _text(node: ast.AST) -> str:
    if isinstance(node, ast.JoinedStr):
        return "".join(str(part.value) if isinstance(part, ast.Constant) else LEFT_OUT for part in node.values)
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else ""


def _is_in_code(message: str) -> bool:
    parts = [re.escape(part) for part in message.split(LEFT_OUT)]
    return re.search(f".*{LEFT_OUT}.*".join(parts), _texts_in_code()) is not None


@pytest.mark.parametrize("message", _messages())
def test_a_message_that_the_page_explains_exists(message: str) -> None:
    assert _is_in_code(message)


def test_a_message_that_nobody_says_is_noticed() -> None:
    assert len(_messages()) > 40
    assert _is_in_code("no server answers at …")
    assert not _is_in_code("no server ever answers at …")
    assert not _is_in_code("run … is in use by nobody …")


def test_every_kind_of_failure_is_named_with_whose_it_is() -> None:
    rows = re.findall(r"^\| ((?:`\w+`(?:, )?)+) \| (server|candidate) \|", PAGE, re.MULTILINE)
    named = {kind: whose for kinds, whose in rows for kind in re.findall(r"\w+", kinds)}
    assert {str(kind): "candidate" if kind.is_the_candidates_own else "server" for kind in FailureKind} == named


def test_the_scorer_versions_in_the_upgrade_notes_are_those_of_the_metrics() -> None:
    page = (ROOT / "docs" / "upgrading.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| ((?:`\w+`(?:, )?)+) \| (\d+) \|", page, re.MULTILINE)
    named = {metric: version for metrics, version in rows for metric in re.findall(r"\w+", metrics)}
    versions = {name: METRICS[name].scorer_version for name in METRICS}
    assert named == {name: version for name, version in versions.items() if version.isdigit() and version != "1"}
