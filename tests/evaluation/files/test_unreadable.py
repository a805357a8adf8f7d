"""Is a file that cannot be read said alike, without the number of the system's error?"""

from pathlib import Path

import pytest

from evaluation.files.unreadable import unreadable


@pytest.mark.parametrize(
    ("error", "reason", "step"),
    [
        (FileNotFoundError(2, "No such file or directory"), "no such file", "Check the path; it is read from {cwd}."),
        (IsADirectoryError(21, "Is a directory"), "it is a folder", "Name a file in it."),
        (PermissionError(13, "Permission denied"), "Permission denied", "Check the file's rights and its disk."),
        (ValueError("embedded null byte"), "embedded null byte", "Check the file's rights and its disk."),
    ],
)
def test_the_reason_and_the_step_are_those_of_every_file(error: Exception, reason: str, step: str) -> None:
    refused = unreadable(Path("a.yaml"), error, what="the prices")

    assert f"cannot read the prices 'a.yaml': {reason}" == refused.message
    assert step.format(cwd=Path.cwd()) == refused.next_step
    assert f"cannot read 'a.yaml': {reason}" == unreadable(Path("a.yaml"), error).message
