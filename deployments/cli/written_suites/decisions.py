"""What a person decided on the cases of a written suite, each kept on the disk as soon as it is made."""

import json
import os
from pathlib import Path
from typing import Any

from platformdirs import user_data_path

from evaluation.errors import ConfigurationError
from evaluation.files.private_files import make_private_file, make_private_folder
from evaluation.fingerprint import fingerprint


class Decisions:
    """Decisions of one person on one version of a suite."""

    def __init__(self, version: str, rater: str) -> None:
        """Read the decisions of earlier calls.

        Raises:
            ConfigurationError: they cannot be kept.
        """
        folder = user_data_path("benchwright", appauthor=False) / "confirmations"
        self._path = folder / f"{fingerprint([version, rater])[:24]}.jsonl"
        try:
            make_private_folder(folder)
            make_private_file(self._path)
            self.by_case = _read(self._path)
        except OSError as error:
            raise ConfigurationError(
                f"decisions cannot be kept in {str(self._path)!r}: {error.strerror or error}",
                "Make that folder writable.",
            ) from error

    def add(self, case_id: str, *, is_confirmed: bool) -> None:
        """Keep a decision."""
        self.by_case[case_id] = is_confirmed
        with self._path.open("ab") as file:
            file.write(b"\n" + json.dumps({"case_id": case_id, "confirmed": is_confirmed}).encode())
            file.flush()
            os.fsync(file.fileno())


def _read(path: Path) -> dict[str, bool]:
    decisions: dict[str, bool] = {}
    for line in path.read_bytes().splitlines():
        try:
            entry: Any = json.loads(line)
            decisions[str(entry["case_id"])] = bool(entry["confirmed"])
        except (ValueError, KeyError, TypeError):
            continue  # blank, or cut by a kill
    return decisions
