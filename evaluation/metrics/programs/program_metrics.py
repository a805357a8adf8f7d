"""Metrics of programs: the answer runs in the sandbox against its tests, once for all metrics, or is parsed alone."""

from abc import abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from math import comb
from typing import ClassVar

from evaluation.case import Case
from evaluation.errors import ConfigurationError
from evaluation.generation import Generation
from evaluation.metrics.metric import AnswerMetric, Metric, Need, TooFewRepeatsError
from evaluation.metrics.programs.case_program import find_program, program_of, program_problem, syntax_problem
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


@dataclass(frozen=True, kw_only=True)
class PassAtK(ProgramMetric):
    """The chance that one of `k` programs passes all tests of its case, in [0, 1] (Chen et al. 2021).

    A program counts 1 where every test held and it kept within its limits, else 0. Of a case with n repeats, c of
    them right, the value is the unbiased estimate 1 − C(n−c, k) / C(n, k). A case on which the server failed so often
    that fewer than `k` repeats are left has no value: the chance for fewer tries is another, lower one.
    """

    name: ClassVar[str] = "pass_at_k"
    formula: ClassVar[str] = "1 − C(n−c, k) / C(n, k) for n repeats of a case, c of them right; mean over cases"
    source: ClassVar[str] = "Chen et al. 2021, arXiv:2107.03374"
    blind_spots: ClassVar[str] = (
        "Sees what the tests test: a program that is wrong elsewhere passes, and so does a slow or unreadable one "
        "within the time limit. A program that needs packages beyond the standard library fails."
    )

    k: int = 1
    """Number of programs that may be tried."""

    def __post_init__(self) -> None:
        """Refuse a `k` that is no number of programs."""
        ProgramMetric.__post_init__(self)
        if self.k < 1:
            raise ConfigurationError(f"pass_at_k has k={self.k!r}", "Give a number from 1")

    @property
    def n_repeats_needed(self) -> int:
        """`k`: fewer repeats cannot estimate pass@k."""
        return self.k

    def combine(self, values: Sequence[float]) -> float:
        """Return the unbiased estimate from the repeats of a case."""
        n, n_right = len(values), sum(value == 1.0 for value in values)
        if n < self.k:
            raise TooFewRepeatsError(f"{n} of {self.k} repeats")
        return 1.0 - comb(n - n_right, self.k) / comb(n, self.k)

    def _value(self, outcome: ProgramOutcome) -> float:
        return float(has_passed(outcome))


@dataclass(frozen=True, kw_only=True)
class TestsPassed(ProgramMetric):
    """Share of a case's tests that the program passes, in [0, 1]; a test that was not reached is not passed."""

    __test__: ClassVar[bool] = False  # pytest would take it for one of its own

    name: ClassVar[str] = "tests_passed"
    formula: ClassVar[str] = "tests passed / tests of the case; mean over cases"
    blind_spots: ClassVar[str] = (
        "Tests are not equally hard: a program that returns a constant may pass many. HumanEval has one test a case, "
        "so there it is pass_at_k. After a test that never ends, the others count as not passed."
    )

    def _value(self, outcome: ProgramOutcome) -> float:
        return sum(outcome.passed) / len(outcome.passed) if outcome.passed else 0.0


@dataclass(frozen=True, kw_only=True)
class SyntaxValid(AnswerMetric):
    """1 where Python's own parser accepts the program in the answer, else 0. Nothing is run.

    The label is the stage that found the program. A program of more than 100,000 characters, or nested deeper than
    Python follows, counts 0.
    """

    name: ClassVar[str] = "syntax_valid"
    unit: ClassVar[str] = "fraction"
    formula: ClassVar[str] = "1 if `ast.parse` accepts the program, else 0"
    source: ClassVar[str] = "Python's `ast.parse`, of the version that runs Benchwright"
    blind_spots: ClassVar[str] = (
        "Says nothing about what the program does: a name that does not exist, or a `return` outside a function, "
        "is good syntax to the parser, and so is a single word of prose."
    )

    def measure_answer(self, case: Case, generation: Generation) -> Measurement:
        if not generation.answer.strip():
            return Measurement(value=0.0, label=EMPTY, rationale="the answer is empty")
        program = find_program(case, generation.answer)
        problem = syntax_problem(program.source)
        return Measurement(value=float(problem is None), label=program.stage, rationale=problem)
