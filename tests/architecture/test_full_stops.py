"""Sentences that end with a text from elsewhere, which may have a full stop of its own."""

import re
from pathlib import Path

from evaluation.errors import as_sentence

ROOT = Path(__file__).parents[2]
PACKAGES = ("evaluation", "tasks", "selection", "flows", "deployments")
FROM_ELSEWHERE = re.compile(r"\{(?:\w+\.)*(?:reason|why|notes?|message|error|failure|given_up)(?:\[-?\d\])?\}\.[\"' ]")


def test_a_reason_a_note_or_a_message_is_never_followed_by_a_full_stop_of_ours() -> None:
    found = [
        f"{path.relative_to(ROOT)}: {match.group()}"
        for package in PACKAGES
        for path in (ROOT / package).rglob("*.py")
        for match in FROM_ELSEWHERE.finditer(path.read_text(encoding="utf-8"))
    ]
    assert found == [], "write as_sentence(…) there"


def test_a_sentence_has_one_full_stop() -> None:
    assert ["Gone.", "Gone.", "Gone?"] == [as_sentence(text) for text in ("Gone", "Gone.", "Gone?")]
