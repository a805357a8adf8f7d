"""Do the documents name files that exist? Checked for links, and for every path below a folder of ours."""

import re
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
DOCUMENTS = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md")])
FOLDERS = "evaluation|selection|tasks|flows|deployments|tests"
PATH = re.compile(rf"(?<![\w/.-])(?:{FOLDERS})/[\w/.-]*\w")
LINK = re.compile(r"\]\(([^)#:\s]+)(?:#[^)]*)?\)")


def _is_there(path: Path) -> bool:
    return path.exists() or path.with_name(f"{path.name}.py").exists() or any(path.parent.glob(f"{path.name}*.py"))


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_every_path_and_link_of_a_document_leads_somewhere(document: Path) -> None:
    text = document.read_text(encoding="utf-8")
    links = [match[1] for match in LINK.finditer(text) if not (document.parent / match[1]).exists()]
    paths = [match[0] for match in PATH.finditer(text) if not _is_there(ROOT / match[0])]
    assert ([], []) == (links, paths)


def test_the_picture_of_the_layers_is_that_of_the_import_contracts() -> None:
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["importlinter"][
        "contracts"
    ]
    layers = next(contract["layers"] for contract in contracts if contract["type"] == "layers")
    assert f"    {' --> '.join(layers)}\n" in (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_every_link_to_a_heading_leads_to_one(document: Path) -> None:
    text = document.read_text(encoding="utf-8")
    links = re.findall(r"\]\(([\w./-]*\.md)?#([^)]+)\)", text)
    lost = [(name, anchor) for name, anchor in links if anchor not in _anchors(document.parent / (name or document))]
    assert [] == lost


def _anchors(path: Path) -> set[str]:
    """The anchors that GitHub makes of a document's headings."""
    headings = re.findall(r"^#+ (.+)$", path.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}
