import importlib
import random

from evaluation.case import Case
from evaluation.metrics.instruction_following import InstructionFollowing
from evaluation.metrics.instructions import INSTRUCTIONS


def test_every_kind_of_instruction_is_compared_and_every_case_can_be_judged() -> None:
    program = importlib.import_module("instruction_parity")
    assert set(INSTRUCTIONS) == set(program.KINDS)
    for name, arguments in program.KINDS.items():
        details = {"instruction_id_list": [name] * len(arguments), "kwargs": arguments}
        assert InstructionFollowing().problem(Case(case_id=name, details=details)) is None


def test_the_same_seed_gives_the_same_cases() -> None:
    program = importlib.import_module("instruction_parity")
    first, second = ([program._case(random.Random(3)) for _ in range(3)] for _ in range(2))
    assert first == second
    assert all(len(case["ids"]) == len(case["kwargs"]) for case in first)
