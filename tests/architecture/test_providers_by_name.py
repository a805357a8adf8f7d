"""What a provider can do is read off its class, so that adding one is a file, a class, a line: no name is compared."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from evaluation.providers import PROVIDERS

ROOT = Path(__file__).parents[2]
PACKAGES = ("evaluation", "selection", "tasks", "flows", "deployments")
HOME = ROOT / "evaluation" / "providers"


def names_in(tree: ast.AST) -> Iterator[int]:
    """Lines on which a provider's name stands as a string, or one of its classes is named."""
    classes = {place.partition(":")[2] for place in PROVIDERS._places.values()}
    for node in ast.walk(tree):
        is_name = isinstance(node, ast.Constant) and node.value in PROVIDERS
        if is_name or (isinstance(node, ast.alias) and node.name in classes):
            yield node.lineno


def modules_in(tree: ast.AST) -> Iterator[str]:
    """The modules that are imported from."""
    return (node.module for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) and node.module)


def test_no_providers_name_stands_outside_the_providers() -> None:
    own_modules = {place.partition(":")[0] for place in PROVIDERS._places.values()}
    named = []
    for package in PACKAGES:
        for path in sorted((ROOT / package).rglob("*.py")):
            if HOME in path.parents:
                continue
            text = path.read_text(encoding="utf-8")
            if not any(provider in text for provider in PROVIDERS):  # sooner than parsing it
                continue
            tree = ast.parse(text)
            name = path.relative_to(ROOT).as_posix()
            named += [f"{name}:{line}" for line in names_in(tree)]
            named += [f"{name}: {module}" for module in modules_in(tree) if module.startswith(tuple(own_modules))]
    assert [] == named


@pytest.mark.parametrize(
    "source",
    [
        "can_pull = endpoint.provider == 'ollama'",
        "PROVIDERS = ('ollama', 'openai_compatible')",
        "kind: Literal['asked', 'openai_compatible']",
        "from evaluation.providers.ollama import OllamaProvider",
    ],
)
def test_a_name_is_seen_however_it_is_written(source: str) -> None:
    assert [1] == sorted(set(names_in(ast.parse(source))))


@pytest.mark.parametrize("name", PROVIDERS)
def test_the_name_in_the_catalogue_is_the_classs_own(name: str) -> None:
    assert name == PROVIDERS[name].name
