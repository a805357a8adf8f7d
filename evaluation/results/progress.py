"""Progress of an invocation."""

from dataclasses import dataclass

from evaluation.formatting import counted
from evaluation.records.outcomes import CandidateProgress


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """Progress over all runs and candidates of an invocation."""

    candidates: tuple[CandidateProgress, ...]
    """One entry for each run and candidate."""
    at_work: str
    """Candidate at work, or another activity: `planning`, `scoring`, a model that loads."""

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
        return f"{self.n_done + self.n_failed} of {self.n_planned} done, {self.failures} · {self.at_work}"
