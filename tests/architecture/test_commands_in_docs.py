"""Do the documents name commands and options that exist? Checked for every `benchwright …` in code and in sentences."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from named_options import problem_of

ROOT = Path(__file__).parents[2]
DOCUMENTS = sorted({ROOT / "README.md", *(ROOT / "docs").glob("*.md")} - {ROOT / "docs" / "decisions.md"})
BLOCK = re.compile(r"^```[a-z]*\n(.*?)^```", re.MULTILINE | re.DOTALL)
INLINE = re.compile(r"`(benchwright [^`]+)`")


def _lines(text: str) -> Iterator[str]:
    for block in BLOCK.findall(text):
        for line in block.replace("\\\n", " ").splitlines():
            if match := re.match(r"(?:\$ |docker compose exec \w+ )?(benchwright .*)", line):
                yield match[1]
    yield from INLINE.findall(" ".join(BLOCK.sub("", text).split()))


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_every_command_in_a_document_exists(document: Path) -> None:
    problems = [problem_of(line) for line in _lines(document.read_text(encoding="utf-8"))]
    assert [] == [problem for problem in problems if problem]


@pytest.mark.parametrize(
    "line",
    ["benchwright evalute --model a", "benchwright runs shred last", "benchwright compare last --no-such-thing 3"],
)
def test_a_command_or_an_option_that_there_is_not_is_noticed(line: str) -> None:
    assert problem_of(line)


def test_commands_are_found_in_blocks_and_in_sentences() -> None:
    text = "Say `benchwright db\ninfo` or:\n\n```\n$ benchwright show last   # a run\nother words\n```\n"
    assert {"benchwright show last   # a run", "benchwright db info"} == set(_lines(text))
