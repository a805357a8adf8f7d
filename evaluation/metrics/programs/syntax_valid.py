"""Syntax validity: whether the program in the answer is valid Python."""

from dataclasses import dataclass
from typing import ClassVar

from evaluation.case import Case
from evaluation.generation import Generation
from evaluation.metrics.metric import AnswerMetric
from evaluation.metrics.programs.case_program import find_program
from evaluation.metrics.programs.program_metric import EMPTY
from evaluation.metrics.programs.syntax import syntax_problem
from evaluation.scores import Measurement


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
