"""Is `docs/python-reference.md` as its generator writes it, and does it have every public name?"""

import inspect
import re

import pytest
import python_reference

import evaluation
import selection

PAGE = python_reference.PAGE


def test_the_page_is_what_its_generator_writes() -> None:
    """Else: `.venv/bin/python docs/tools/python_reference.py`."""
    assert python_reference.render() == PAGE.read_text(encoding="utf-8")


@pytest.mark.parametrize("package", [evaluation, selection])
def test_every_public_function_stands_on_the_page(package: object) -> None:
    page = PAGE.read_text(encoding="utf-8")
    functions = [name for name in package.__all__ if inspect.isroutine(getattr(package, name))]  # type: ignore[attr-defined]
    headings = set(re.findall(r"^### (\w+)$", page, re.MULTILINE))

    assert [] == [name for name in functions if name.removesuffix("_async") not in headings]
    assert [] == [name for name in functions if name.endswith("_async") and f"`await {name}(…)`" not in page]


def test_every_function_names_its_errors_and_every_argument_is_described() -> None:
    page = PAGE.read_text(encoding="utf-8")

    assert [] == re.findall(r"^\| `\w+` \| `[^|]*` \|\s*\|$", page.partition("## Results")[0], re.MULTILINE)
    assert "object at 0x" not in page
