"""Progress of an invocation."""

from dataclasses import dataclass
from datetime import datetime, tzinfo

from evaluation.formatting import counted
from evaluation.records.outcomes import CandidateProgress


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerWait:
    """A model server that does not answer, and that work waits for."""

    endpoint: str
    since: datetime
    """Time of the first attempt that failed, in UTC."""
    next_attempt_at: datetime | None
    """Time of the next attempt, the earliest that can end the wait, in UTC; None while an attempt is under way."""

    def in_words(self, zone: tzinfo | None = None) -> str:
        """Return `waiting for box since 14:03:10, next attempt 14:03:18`.

        Args:
            zone: Time zone of the clock times, which is then named; None: the local one.
        """
        if self.next_attempt_at is None:
            return f"waiting for {self.endpoint} since {_clock(self.since, zone)}, attempt under way"
        times = _clock(self.since, zone), _clock(self.next_attempt_at, zone)
        return f"waiting for {self.endpoint} since {times[0]}, next attempt {times[1]}"


def _clock(moment: datetime, zone: tzinfo | None) -> str:
    return f"{moment.astimezone(zone):%H:%M:%S}" + ("" if zone is None else f" {zone}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """Progress over all runs and candidates of an invocation."""

    candidates: tuple[CandidateProgress, ...]
    """One entry for each run and candidate."""
    at_work: str
    """Candidate at work, or another activity: `planning`, `scoring`, a model that loads."""
    waits: tuple[ServerWait, ...] = ()
    """Servers that do not answer and are waited for; empty while work goes on."""

    @property
    def n_done(self) -> int:
        """Number of answers and of the candidates' own failures."""
        return sum(candidate.n_done for candidate in self.candidates)

    @property
    def n_failed(self) -> int:
        """Failures of the server so far."""
        return sum(candidate.n_failed for candidate in self.candidates)

    @property
    def n_own_failed(self) -> int:
        """The candidates' own failures so far, which are among `n_done`."""
        return sum(candidate.n_own_failed for candidate in self.candidates)

    @property
    def failures(self) -> str:
        """Failures of the server, and the candidates' own where there are any: `0 failed, 3 own failures`."""
        n_own = self.n_own_failed
        return f"{self.n_failed:,} failed" + (f", {counted(n_own, 'own failure')}" if n_own else "")

    @property
    def n_planned(self) -> int:
        """Number of cases times repeats, over all candidates."""
        return sum(candidate.n_planned for candidate in self.candidates)

    def __str__(self) -> str:
        """Return the progress as one line: `12 of 40 done, 0 failed · smollm2:135m · numbers`."""
        counts = f"{self.n_done + self.n_failed} of {self.n_planned} done, {self.failures}"
        return " · ".join([counts, self.at_work, *(wait.in_words() for wait in self.waits)])
