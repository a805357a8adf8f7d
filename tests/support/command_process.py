"""`benchwright evaluate` as a process of its own, which a test interrupts or kills."""

import os
import subprocess
import sys
import time
import uuid
from collections.abc import Callable
from pathlib import Path

from prefect_database import give_database

PATIENCE_S = 120.0
"""So much longer than anything should take that no slow machine fails a test."""


class Command:
    """`benchwright evaluate` on a store and with a Prefect of its own; its processes carry a mark."""

    def __init__(self, folder: Path, *words: str) -> None:
        self.mark = f"BENCHWRIGHT_TEST_MARK={uuid.uuid4().hex}"
        self.database = f"sqlite:///{folder}/results.db"
        give_database(folder / "prefect")
        name, _, value = self.mark.partition("=")
        own = {name: value, "PREFECT_HOME": str(folder / "prefect"), "BENCHWRIGHT_DATABASE_URL": self.database}
        env = {key: text for key, text in os.environ.items() if key != "PREFECT_API_URL"} | own
        self.process = subprocess.Popen(
            [sys.executable, "-m", "deployments.cli", "evaluate", *words],
            env=env,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def left_behind(self) -> list[int]:
        """Ids of living processes that carry the mark."""
        found = []
        for entry in Path("/proc").glob("[0-9]*"):
            try:
                is_marked = self.mark.encode() in (entry / "environ").read_bytes().split(b"\0")
                is_dead = (entry / "stat").read_text().rpartition(")")[2].split()[0] == "Z"
            except OSError:
                continue
            if is_marked and not is_dead:
                found.append(int(entry.name))
        return found

    def end(self) -> None:
        """Ends what is still there."""
        if self.process.poll() is None:
            self.process.kill()
        self.process.communicate()


def eventually(claim: Callable[[], bool]) -> bool:
    """Whether the claim comes true."""
    deadline = time.monotonic() + PATIENCE_S
    while not claim():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.05)
    return True
