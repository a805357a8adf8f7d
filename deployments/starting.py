"""How long may a process of ours take to start? As long as it gets somewhere, and not for ever."""

import os
import sys
from pathlib import Path

from pydantic import ValidationError

from evaluation.errors import ConfigurationError
from evaluation.settings import Settings

VARIABLE = "BENCHWRIGHT_START_TIMEOUT_S"
LEAST_SHARE = 0.01
"""Of a processor's time. A process that got no more than that did not get anywhere."""
MOST_TIMES = 10
"""A process that stays at work without being ready is given up after so many times that time."""


def start_timeout_s() -> float:
    """Return the seconds that a process may spend on nothing while it starts.

    Raises:
        ConfigurationError: the variable holds what it must not.
    """
    try:
        return Settings().start_timeout_s
    except ValidationError as error:
        if VARIABLE in os.environ and any(item["loc"] == ("start_timeout_s",) for item in error.errors()):
            raise ConfigurationError(
                f"{VARIABLE} is {os.environ[VARIABLE]!r}; it must be a number of seconds above 0",
                f"For example: export {VARIABLE}=600",
            ) from None
        return float(Settings.model_fields["start_timeout_s"].default)  # another setting is wrong, and told elsewhere


class Progress:
    """What a helper has done so far: the processor's time that it used, and what it wrote."""

    def __init__(self, supervisor: int, log_path: Path) -> None:
        """Begin to count the time.

        Args:
            supervisor: Process id of the helper's supervisor.
            log_path: Where it writes.
        """
        self._supervisor, self._log_path = supervisor, log_path
        self._cpu_s, self._n_bytes = self._measured()

    def has_moved(self, within_s: float) -> bool:
        """Return True where it did something since the last time that this was asked, `within_s` ago."""
        (cpu_before_s, n_before), (self._cpu_s, self._n_bytes) = (self._cpu_s, self._n_bytes), self._measured()
        return self._n_bytes > n_before or self._cpu_s - cpu_before_s > LEAST_SHARE * within_s

    def _measured(self) -> tuple[float, int]:
        n_bytes = self._log_path.stat().st_size if self._log_path.exists() else 0
        return processor_time_s(self._supervisor), n_bytes


def processor_time_s(root: int) -> float:
    """Return the seconds of a processor that this process and all below it have used.

    0 where the system does not say.
    """
    if not sys.platform.startswith("linux"):  # pragma: no cover
        return 0.0
    used, parents = {}, {}
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = path.read_text().rpartition(")")[2].split()
        except OSError:  # it has ended meanwhile
            continue
        pid = int(path.parent.name)
        parents[pid], used[pid] = int(fields[1]), sum(map(int, fields[11:15]))
    below = {root}
    while more := {pid for pid, parent in parents.items() if parent in below} - below:
        below |= more
    return float(sum(used.get(pid, 0) for pid in below)) / os.sysconf("SC_CLK_TCK")
