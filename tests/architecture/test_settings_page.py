"""Is every environment variable on `docs/settings.md`, and is the page as its generator writes it?"""

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import settings_page

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "settings.md"
NAME = re.compile(r"(?:BENCHWRIGHT|PREFECT|OLLAMA|OTEL)_[A-Z0-9_]*[A-Z0-9]_?")
PARTS_OF_NAMES = ("BENCHWRIGHT_", "PREFECT_", "OLLAMA_", "OTEL_", "environ")
"""One of them is in each file that names a variable; the others need not be parsed."""
READ_BY_OTHERS = {"OLLAMA_NUM_PARALLEL", "XDG_DATA_HOME"}
"""By Ollama, and by platformdirs, which names the data directory."""
PLATFORMS = {"POSTGRES_USER", "POSTGRES_DB", "OLLAMA_MODELS"}
"""What Compose tells images of others, with values of its own."""


def _names_on_the_page() -> set[str]:
    return set(re.findall(r"^\| `([A-Z0-9_]+)` \|", PAGE.read_text(encoding="utf-8"), re.MULTILINE))


def _names_in(tree: ast.AST) -> Iterator[str]:
    """Names of variables in Python: as whole strings, imported from Prefect's settings, or taken from `environ`."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and NAME.fullmatch(node.value):
            yield node.value
        elif isinstance(node, ast.ImportFrom) and node.module == "prefect.settings":
            yield from (alias.name for alias in node.names if NAME.fullmatch(alias.name))
        elif isinstance(node, ast.Call | ast.Subscript):
            key = node.slice if isinstance(node, ast.Subscript) else (node.args or [None])[0]
            is_name = isinstance(key, ast.Constant) and str(key.value).isupper()
            if is_name and "environ" in ast.unparse(node).split("(")[0]:
                yield str(key.value)


@cache
def _names_in_code() -> set[str]:
    fields = settings_page.Settings.model_fields
    names = {f"BENCHWRIGHT_{name.upper()}" for name in fields} | {"DO_NOT_TRACK"}
    for path in settings_page.source_files():
        text = path.read_text(encoding="utf-8")
        if any(word in text for word in PARTS_OF_NAMES):
            names.update(_names_in(ast.parse(text)))
    compose = (ROOT / "compose.yaml").read_text(encoding="utf-8")
    names.update(re.findall(r"^ +([A-Z_]+):", compose, re.MULTILINE), re.findall(r"\$\{([A-Z_]+)", compose))
    return {f"{name}NAME" if name.endswith("_") else name for name in names} - PLATFORMS


def test_the_page_is_what_its_generator_writes() -> None:
    """Else: `.venv/bin/python docs/tools/settings_page.py`."""
    assert settings_page.render() == PAGE.read_text(encoding="utf-8")


def test_every_variable_in_the_code_is_on_the_page_and_no_other() -> None:
    assert (set(), set()) == (
        _names_in_code() - _names_on_the_page(),
        _names_on_the_page() - _names_in_code() - READ_BY_OTHERS,
    )


def test_variables_in_other_documents_are_on_the_page() -> None:
    documents = [ROOT / "README.md", *(ROOT / "docs").glob("*.md")]
    texts = {
        path: path.read_text(encoding="utf-8") for path in documents if path.name not in ("decisions.md", "plan.md")
    }
    named = {name for text in texts.values() for name in re.findall(r"\bBENCHWRIGHT_[A-Z_]*[A-Z]\b", text)}
    examples = {name for name in named if name.startswith("BENCHWRIGHT_KEY_OF_POOL_")}
    assert set() == named - examples - _names_on_the_page()


def test_an_option_that_no_command_has_cannot_stand_on_the_page() -> None:
    commands = settings_page.commands_by_option()
    options = [option for names in settings_page.OPTIONS.values() for option in names]
    sections = settings_page.SECTIONS
    options += [option for section in sections for variable in section.variables for option in variable.options]
    assert [] == [option for option in options if not commands[option]]
    assert [] == [field for field in settings_page.OPTIONS if field not in settings_page.Settings.model_fields]


def test_a_variable_that_is_read_in_any_way_is_noticed() -> None:
    text = (
        "from prefect.settings import PREFECT_NEW\n"
        "import os\n"
        "a = os.environ['FOO']\n"
        "b = os.environ.get('BAR', '')\n"
        "c = {'BENCHWRIGHT_NEW': 1}\n"
    )
    assert ["BAR", "BENCHWRIGHT_NEW", "FOO", "PREFECT_NEW"] == sorted(_names_in(ast.parse(text)))
