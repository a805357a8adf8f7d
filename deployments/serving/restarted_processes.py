"""Processes of `benchwright serve`, restarted when they end by themselves, at most three times in ten minutes."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field

from deployments.helper_process import HelperProcess
from evaluation.errors import ConfigurationError

MOST_ENDS = 3
WITHIN_S = 600.0


@dataclass
class Part:
    """A process that is kept running."""

    name: str
    start: Callable[[], HelperProcess]
    """Start the process; it need not be ready on return."""
    process: HelperProcess
    _ends: list[float] = field(default_factory=list)

    def look(self, tell: Callable[[str], None]) -> bool:
        """Restart the process if it has ended, and return whether it had.

        Raises:
            ConfigurationError: it ends again and again; with the end of its log.
        """
        if self.process.running:
            return False
        now = time.monotonic()
        self._ends = [*(end for end in self._ends if now - end < WITHIN_S), now]
        message = f"the {self.name} ended with exit status {self.process.exit_status}"
        if len(self._ends) > MOST_ENDS:
            raise ConfigurationError(
                f"{message}, {len(self._ends)} times within {WITHIN_S / 60:g} minutes. The end of its log "
                f"{str(self.process.log_path)!r}:\n{self.process.log_tail()}",
                "Read the log; then start `benchwright serve` again.",
            )
        tell(f"warning: {message}; restarting it (its log: {self.process.log_path})")
        self.process.stop(0.5)
        self.process = self.start()
        return True
