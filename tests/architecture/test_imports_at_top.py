"""Imports stand at the top of a file, but for those that would bring something slow to a module that does without it.

A command answers `--help` in .3 s of CPU, and `from selection import recommend` takes .02 s, because what is slow to
import (third-party packages, a few modules of the standard library, many of ours at once) is imported where it is used.
Everything else is imported at the top.
"""

import ast
import sys
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[2]
PACKAGES = ("evaluation", "selection", "tasks", "flows", "deployments")
SLOW = {
    "asyncio",
    "concurrent.futures",
    "decimal",
    "email",
    "fractions",
    "hashlib",
    "html",
    "http.client",
    "importlib.metadata",
    "json",
    "multiprocessing",
    "secrets",
    "sqlite3",
    "ssl",
    "statistics",
    "tarfile",
    "tomllib",
    "unittest",
    "urllib.request",
    "xml",
    "zipfile",
}
"""Modules of the standard library that take 2 ms or more to import."""
MANY = 15
"""So many of our own modules are slow together: the catalogue of metrics has a hundred."""
SELDOM_NEEDED = ("selection.learning",)
"""Packages that a first answer does without where no selection model decides."""
NOT_EVERYWHERE = {"fcntl"}
"""Modules of the standard library that Windows has not."""
RUN_ELSEWHERE = ("evaluation/sandbox/inside/", "evaluation/store/migrations/")
"""What is run in an interpreter of its own, or by Alembic."""


def module_name(path: Path) -> str:
    dotted = ".".join(path.relative_to(ROOT).with_suffix("").parts)
    return dotted.removesuffix(".__init__")


FILES = {module_name(path): path for package in PACKAGES for path in sorted((ROOT / package).rglob("*.py"))}


@cache
def trees() -> dict[str, ast.Module]:
    """Return what every file says: read by the process that runs these tests, and by no other one."""
    return {name: ast.parse(path.read_text(encoding="utf-8")) for name, path in FILES.items()}


def is_for_typing(node: ast.AST) -> bool:
    return isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test)


def imports_of(node: ast.Import | ast.ImportFrom) -> set[str]:
    """Return our modules that an import statement loads, and the packages of others."""
    if isinstance(node, ast.ImportFrom):
        module = node.module or ""
        names = [module, *(f"{module}.{alias.name}" for alias in node.names if f"{module}.{alias.name}" in FILES)]
    else:
        names = [alias.name for alias in node.names]
    loaded = set()
    for name in names:
        parts = name.split(".")
        if parts[0] in PACKAGES:
            loaded |= {".".join(parts[:n]) for n in range(1, len(parts) + 1)}
        elif name in SLOW or parts[0] in SLOW:
            loaded.add(name if name in SLOW else parts[0])
        elif parts[0] not in sys.stdlib_module_names or parts[0] in NOT_EVERYWHERE:
            loaded.add(parts[0])
    return loaded


def at_import(body: Iterable[ast.stmt]) -> Iterator[ast.Import | ast.ImportFrom]:
    """Yield the imports that run when a module is imported."""
    for node in body:
        if isinstance(node, ast.Import | ast.ImportFrom):
            yield node
        elif not is_for_typing(node) and isinstance(node, ast.If | ast.Try | ast.With):
            yield from at_import(child for child in ast.iter_child_nodes(node) if isinstance(child, ast.stmt))
            for handler in getattr(node, "handlers", ()):
                yield from at_import(handler.body)


@cache
def at_top() -> dict[str, set[str]]:
    """Return what each module loads when it is imported."""
    return {name: set().union(*map(imports_of, at_import(tree.body))) for name, tree in trees().items()}


@cache
def loaded_with(module: str) -> frozenset[str]:
    """Return all that is loaded once a module is imported, itself included."""
    seen: set[str] = set()
    waiting = [module]
    while waiting:
        name = waiting.pop()
        if name not in seen:
            seen.add(name)
            waiting.extend(at_top().get(name, ()))
    return frozenset(seen)


def in_functions(tree: ast.Module) -> Iterator[ast.Import | ast.ImportFrom]:
    """Yield the imports in the bodies of functions; those of a `try` or a condition are tried for a reason."""
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield from (child for child in node.body if isinstance(child, ast.Import | ast.ImportFrom))


def belongs_at_top(module: str, node: ast.Import | ast.ImportFrom) -> bool:
    loaded = frozenset().union(*(loaded_with(name) for name in imports_of(node)))
    brings = loaded - loaded_with(module)
    is_slow = (
        len(brings) > MANY
        or any(name.startswith(SELDOM_NEEDED) for name in brings)
        or any(name.split(".")[0] not in PACKAGES for name in brings)
    )
    return not is_slow and module not in loaded


def test_every_import_stands_at_the_top_unless_it_brings_something_slow() -> None:
    misplaced = [
        f"{FILES[module].relative_to(ROOT)}:{node.lineno}: {ast.unparse(node)}"
        for module, tree in trees().items()
        if not str(FILES[module].relative_to(ROOT)).startswith(RUN_ELSEWHERE)
        for node in in_functions(tree)
        if belongs_at_top(module, node)
    ]

    assert [] == misplaced


def test_an_import_that_brings_nothing_slow_is_found() -> None:
    (light,) = (
        node
        for node in ast.walk(ast.parse("from evaluation.errors import BenchwrightError"))
        if isinstance(node, ast.ImportFrom)
    )
    (heavy,) = (node for node in ast.walk(ast.parse("import scipy.stats")) if isinstance(node, ast.Import))

    assert belongs_at_top("evaluation.store.session", light)
    assert not belongs_at_top("evaluation.errors", heavy)
