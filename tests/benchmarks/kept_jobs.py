"""What came of each job of a long program, kept in a file: a run that was cut short goes on where it ended."""

import hashlib
import json
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]


def code_of(*patterns: str) -> str:
    """A hash of the files whose paths below the root match a pattern: what other code made is not kept."""
    hashed = hashlib.sha256()
    for path in sorted(path for pattern in patterns for path in ROOT.glob(pattern)):
        hashed.update(path.relative_to(ROOT).as_posix().encode() + b"\0" + path.read_bytes())
    return hashed.hexdigest()


class KeptJobs:
    """Results as lines of JSON, one a job.

    Args:
        path: The file; None: nothing is kept.
        made_by: The code that makes them, from `code_of`. Lines of other code are told of and passed over.
    """

    def __init__(self, path: Path | None, made_by: str) -> None:
        self._path, self._made_by = path, made_by
        self._known: dict[str, Any] = {}
        n_others = 0
        for line in path.read_text(encoding="utf-8").splitlines() if path and path.exists() else ():
            try:
                kept = json.loads(line)
            except ValueError:  # empty, or cut
                continue
            if kept["made_by"] == made_by:
                self._known[kept["job"]] = kept["found"]
            else:
                n_others += 1
        if n_others:
            print(f"{path}: {n_others} results of other code are passed over", file=sys.stderr)

    def each(
        self,
        apply: Callable[[Callable[[Any], Any], Sequence[Any]], Iterator[Any]],
        function: Callable[[Any], Any],
        jobs: Sequence[Any],
        restored: Callable[[Any], Any],
    ) -> Iterator[Any]:
        """What came of each job, those that are known first.

        Args:
            apply: Gives what a function makes of each job, in any order: `Pool.imap_unordered`.
            function: Of a job; gives a dataclass, or a list of them.
            jobs: Plain values.
            restored: What the function gives, from its plain values.
        """
        names = {json.dumps([function.__name__, job]): job for job in jobs}
        for name in names:
            if name in self._known:
                yield restored(self._known[name])
        left = [(name, job) for name, job in names.items() if name not in self._known]
        for name, found in apply(partial(_named, function), left):
            self._keep(name, found)
            yield found

    def _keep(self, name: str, found: Any) -> None:
        if self._path is None:
            return
        plain = [asdict(one) for one in found] if isinstance(found, list) else asdict(found)
        line = json.dumps({"job": name, "made_by": self._made_by, "found": plain}, default=lambda value: value.item())
        with self._path.open("a", encoding="utf-8") as file:
            file.write("\n" + line)  # below whatever a run that was killed had begun


def _named(function: Callable[[Any], Any], job: tuple[str, Any]) -> tuple[str, Any]:
    return job[0], function(job[1])
