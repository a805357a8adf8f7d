"""`benchwright` commands as processes of a home of their own, which carry a mark by which what they leave is found."""

import json
import os
import subprocess
import sys
import time
import uuid
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

PATIENCE_S = 240.0
"""So much longer than anything should take that no slow machine fails a test."""


def eventually(claim: Callable[[], object], *, within_s: float = PATIENCE_S) -> bool:
    """True as soon as the claim holds; False where it does not in that time."""
    deadline = time.monotonic() + within_s
    while not claim():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.1)
    return True


class Home:
    """A folder with a Prefect home and results, and the variables of every command that works there."""

    def __init__(self, folder: Path, variables: Mapping[str, str]) -> None:
        self.folder = folder
        self._mark = f"BENCHWRIGHT_TEST_MARK={uuid.uuid4().hex}"
        name, _, value = self._mark.partition("=")
        not_inherited = ("PREFECT_", "BENCHWRIGHT_")
        inherited = {key: text for key, text in os.environ.items() if not key.startswith(not_inherited)}
        self.variables = {**inherited, "PREFECT_HOME": str(folder / "prefect"), **variables, name: value}
        self.said: list[str] = []
        """All that the commands wrote."""

    def run(self, *words: object, stdin: str = "", without: tuple[str, ...] = ()) -> tuple[int, str]:
        """The exit code of `benchwright WORDS`, and all that it wrote; `without` variables that begin so."""
        env = {key: value for key, value in self.variables.items() if not key.startswith(without)}
        argv = [sys.executable, "-m", "deployments.cli", *map(str, words)]
        done = subprocess.run(
            argv, env=env, input=stdin, capture_output=True, text=True, timeout=PATIENCE_S, check=False
        )
        self.said.append(done.stdout + done.stderr)
        return done.returncode, done.stdout + done.stderr

    def serve(self, *words: object) -> "Served":
        """`benchwright serve WORDS`, which need not be ready."""
        return Served(self, words)

    def left_behind(self) -> list[int]:
        """Ids of living processes that were started for this home."""
        found = []
        for entry in Path("/proc").glob("[0-9]*"):
            try:
                is_marked = self._mark.encode() in (entry / "environ").read_bytes().split(b"\0")
                is_dead = (entry / "stat").read_text().rpartition(")")[2].split()[0] == "Z"
            except OSError:
                continue
            if is_marked and not is_dead:
                found.append(int(entry.name))
        return found


class Served:
    """A `benchwright serve` that runs."""

    def __init__(self, home: Home, words: tuple[object, ...]) -> None:
        self._home = home
        number = len(list(home.folder.glob("serve-*.out")))
        self._out, self._err = home.folder / f"serve-{number}.out", home.folder / f"serve-{number}.err"
        argv = [sys.executable, "-m", "deployments.cli", "serve", "--json", *map(str, words)]
        with self._out.open("w") as out, self._err.open("w") as err:
            self.process = subprocess.Popen(argv, env=home.variables, stdout=out, stderr=err)

    def ready(self) -> dict[str, Any]:
        """Where everything is, once it runs."""
        found: list[dict[str, Any]] = []

        def is_said() -> bool:
            assert self.process.poll() is None, self.story
            try:
                found.append(json.loads(self._out.read_text()))
            except ValueError:
                return False
            return True

        assert eventually(is_said), self.story
        return found[-1]

    @property
    def story(self) -> str:
        """What it said on stderr."""
        return self._err.read_text()

    def end(self, number: int) -> int:
        """Its exit code after this signal."""
        if self.process.poll() is None:
            self.process.send_signal(number)
        return self.process.wait(PATIENCE_S)
