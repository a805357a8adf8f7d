"""Code-generation formats: HumanEval and MBPP.

HumanEval: Chen et al. 2021, arXiv:2107.03374. MBPP: Austin et al. 2021, arXiv:2108.07732. `details["tests"]` is a list
of Python statements, each to be run after the program; `format` names the format they came from.
"""

from dataclasses import dataclass
from typing import ClassVar

from evaluation.benchmarks.formats.format import Format, case_of
from evaluation.benchmarks.rows import Row
from evaluation.case import Case


@dataclass(frozen=True)
class HumanEval(Format):
    """Rows whose `prompt` is the head of a function to complete, and whose `test` defines `check(candidate)`."""

    name: ClassVar[str] = "human_eval"
    title: ClassVar[str] = "HumanEval"
    fields: ClassVar[tuple[str, ...]] = ("task_id", "prompt", "canonical_solution", "test", "entry_point")
    kept_fields: ClassVar[tuple[str, ...]] = ("contract", "base_input", "plus_input", "atol")
    """Fields that EvalPlus adds (arXiv:2305.01210)."""
    task_type: ClassVar[str] = "code"
    metrics: ClassVar[tuple[str, ...]] = ("pass_at_k",)
    headline: ClassVar[str] = "pass_at_k"

    def recognises(self, row: Row) -> bool:
        return row.knows("prompt", "test", "entry_point")

    def case(self, row: Row, case_id: str) -> Case:
        prompt, test, entry_point = row.text("prompt"), row.text("test"), row.text("entry_point")
        if not entry_point.isidentifier():
            raise row.wrong_type("entry_point", "the name of a Python function")
        solution = row.texts("canonical_solution", "text")
        return case_of(
            row,
            case_id,
            prompt=prompt,
            references=tuple(prompt + body for body in solution),
            details={"format": self.name, "entry_point": entry_point, "tests": [f"{test}\n\ncheck({entry_point})"]},
        )


@dataclass(frozen=True)
class Mbpp(Format):
    """Rows whose `text` or `prompt` is the task. The assertions of `test_list` are shown: only they have the name."""

    name: ClassVar[str] = "mbpp"
    title: ClassVar[str] = "MBPP"
    fields: ClassVar[tuple[str, ...]] = (
        "task_id",
        "text",
        "prompt",
        "code",
        "test_list",
        "test_imports",
        "test_setup_code",
    )
    kept_fields: ClassVar[tuple[str, ...]] = ("challenge_test_list", "source_file", "test")
    """Fields of the full and the sanitized version, and of EvalPlus (arXiv:2305.01210)."""
    task_type: ClassVar[str] = "code"
    metrics: ClassVar[tuple[str, ...]] = ("pass_at_k",)
    headline: ClassVar[str] = "pass_at_k"

    def recognises(self, row: Row) -> bool:
        return row.knows("test_list") and (row.knows("text") or row.knows("prompt"))

    def case(self, row: Row, case_id: str) -> Case:
        question = row.text("text" if row.look_at("text") is not None else "prompt")
        tests = self._statements(row, "test_list")
        if not tests:
            raise row.error("holds no test", field="test_list", expected="a list of assertions")
        details = {"format": self.name, "tests": tests, "test_imports": self._setup(row)}
        prompt = f"{question}\n\nYour code should pass these tests:\n\n" + "\n".join(tests)
        return case_of(row, case_id, prompt=prompt, references=row.texts("code", "text"), details=details)

    def _setup(self, row: Row) -> list[str]:
        imports = self._statements(row, "test_imports") if row.get("test_imports") is not None else []
        return imports + [code for code in row.texts("test_setup_code", "text") if code.strip()]

    def _statements(self, row: Row, name: str) -> list[str]:
        expected = "a list of Python statements"
        statements = row.structure(name, expected)
        if not isinstance(statements, list) or not all(isinstance(statement, str) for statement in statements):
            raise row.wrong_type(name, expected)
        return list(statements)
