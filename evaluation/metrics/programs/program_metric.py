"""The base class of program metrics: the answer runs in the sandbox against its tests, once for all metrics."""

from abc import abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from evaluation.case import Case
from evaluation.errors import ConfigurationError
from evaluation.generation import Generation
from evaluation.metrics.metric import Metric, Need
from evaluation.metrics.programs.case_program import find_program, program_of, program_problem
from evaluation.metrics.requests import Answers, Request, RunProgram
from evaluation.program import ProgramEnd, ProgramOutcome
from evaluation.scores import Measurement, ScoreFailure

PASSED, FAILED, EMPTY = "passed", "failed", "empty_answer"


@dataclass(frozen=True, kw_only=True)
class ProgramMetric(Metric):
    """A metric of the outcome of running the answer."""

    unit: ClassVar[str] = "fraction"
    needs: ClassVar[frozenset[Need]] = frozenset({Need.SANDBOX})

    timeout_s: float = 3.0
    """Seconds for a program with all its tests."""

    def __post_init__(self) -> None:
        """Refuse an invalid time limit."""
        if not 0 < self.timeout_s <= 3600:
            raise ConfigurationError(f"timeout_s is {self.timeout_s!r}", "Give seconds above 0, up to 3600")

    def problem(self, case: Case) -> str | None:
        """Say what the case lacks to test a program."""
        return program_problem(case)

    def requests(self, case: Case, generations: Sequence[Generation]) -> tuple[Request, ...]:
        """Return the request to run the program in the answer with the tests; none for an empty answer."""
        (generation,) = generations
        return (self._request(case, generation.answer)[0],) if generation.answer.strip() else ()

    def measure(
        self, case: Case, generations: Sequence[Generation], answers: Answers
    ) -> Measurement | ScoreFailure | None:
        (generation,) = generations
        if not generation.answer.strip():
            return Measurement(value=0.0, label=EMPTY, rationale="the answer is empty")
        request, stage = self._request(case, generation.answer)
        outcome = answers.get(request)
        if isinstance(outcome, ScoreFailure):
            return outcome
        if not isinstance(outcome, ProgramOutcome):
            return ScoreFailure(kind="not_run", message="the program was not run")
        return Measurement(value=self._value(outcome), label=_label(outcome), rationale=_rationale(outcome, stage))

    @abstractmethod
    def _value(self, outcome: ProgramOutcome) -> float:
        """Return the value for one program."""

    def _request(self, case: Case, answer: str) -> tuple[RunProgram, str]:
        program = find_program(case, answer)
        return RunProgram(program=program_of(case, program.source, self.timeout_s)), program.stage


def has_passed(outcome: ProgramOutcome) -> bool:
    """Check that every test passed, and that the program kept within its limits."""
    return outcome.end is ProgramEnd.FINISHED and all(outcome.passed)


def _label(outcome: ProgramOutcome) -> str:
    if outcome.end is not ProgramEnd.FINISHED:
        return outcome.end.value
    return PASSED if all(outcome.passed) else FAILED


def _rationale(outcome: ProgramOutcome, stage: str) -> str:
    tests = f"{sum(outcome.passed)} of {len(outcome.passed)} tests passed; program found as {stage}"
    return f"{outcome.message} ({tests})" if outcome.message else tests
