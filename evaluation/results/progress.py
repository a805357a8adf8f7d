"""Progress of an invocation."""

from dataclasses import dataclass

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
    def n_planned(self) -> int:
        """Number of cases times repeats, over all candidates."""
        return sum(candidate.n_planned for candidate in self.candidates)

    def __str__(self) -> str:
        """Return the progress as one line: `12 of 40 done, 0 failed · smollm2:135m · numbers`."""
        return f"{self.n_done + self.n_failed} of {self.n_planned} done, {self.n_failed} failed · {self.at_work}"
