"""Do the code suite's own programs do what its assertions say, and do the assertions catch plausible mistakes?

Every program here is our own text, so a plain child process runs it; and the sandbox must say the same of each.
"""

import ast
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from evaluation.benchmarks.suites import load_suite
from evaluation.case import Benchmark, Case
from evaluation.errors import SandboxError
from evaluation.program import Program
from evaluation.sandbox import Isolation, isolation, run_programs

WRONG_PROGRAMS = Path(__file__).with_name("wrong_programs.jsonl")
DIFFICULTIES = {"easy", "medium", "hard"}
KINDS = {"write", "repair", "complete", "class"}


RUNNER = """
import json, sys

def failures(program, tests):
    namespace = {}
    exec(program, namespace)
    failed = []
    for test in tests:
        try:
            exec(test, namespace)
        except Exception:
            failed.append(test)
    return failed

jobs = json.load(sys.stdin)
json.dump([failures(job["program"], job["tests"]) for job in jobs], sys.stdout)
"""


def _failed_tests(jobs: list[dict[str, Any]]) -> list[list[str]]:
    """The assertions that each program fails, all programs in one child, each in its own namespace."""
    finished = subprocess.run(
        [sys.executable, "-I", "-c", RUNNER],
        input=json.dumps(jobs),
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert finished.returncode == 0, finished.stderr
    failed: list[list[str]] = json.loads(finished.stdout)
    return failed


def _failed_in_sandbox(jobs: list[dict[str, Any]], found: Isolation) -> list[list[str]]:
    """The assertions that each program fails in the sandbox."""
    programs = [
        Program(source=job["program"], tests=tuple(job["tests"]), entry_point=job["entry_point"], timeout_s=60)
        for job in jobs
    ]
    outcomes = run_programs(programs, isolation=found)
    assert {outcome.end for outcome in outcomes} <= {"finished"}
    return [
        [test for test, passed in zip(job["tests"], outcome.passed, strict=True) if not passed]
        for job, outcome in zip(jobs, outcomes, strict=True)
    ]


def _job(case: Case, program: str) -> dict[str, Any]:
    return {"program": program, "tests": case.details["tests"], "entry_point": case.details["entry_point"]}


@pytest.fixture(scope="module")
def suite() -> Benchmark:
    return load_suite("code_generation")


@pytest.fixture(scope="module")
def cases(suite: Benchmark) -> tuple[Case, ...]:
    return suite.cases


@pytest.fixture(scope="module")
def wrong_programs() -> dict[str, list[str]]:
    """Three wrong programs of each case, by case id."""
    lines = map(json.loads, WRONG_PROGRAMS.read_text(encoding="utf-8").splitlines())
    return {line["case_id"]: line["programs"] for line in lines}


@pytest.fixture(scope="module")
def failures_of_wrong_programs(
    cases: tuple[Case, ...], wrong_programs: dict[str, list[str]]
) -> list[tuple[str, list[str]]]:
    """Every wrong program with the assertions that it fails."""
    jobs = [_job(case, program) for case in cases for program in wrong_programs[case.case_id]]
    return [(job["program"], failed) for job, failed in zip(jobs, _failed_tests(jobs), strict=True)]


def test_the_header_says_how_the_suite_is_asked_and_scored(suite: Benchmark) -> None:
    assert suite.name == "code_generation"
    assert suite.task_type == "code"
    assert suite.metrics == ("pass_at_k", "tests_passed", "syntax_valid")
    assert suite.headline == "pass_at_k"
    assert suite.options == {"num_predict": 192}
    assert suite.licence == "Apache-2.0"


def test_there_are_forty_cases_and_no_two_share_an_id_a_prompt_or_an_entry_point(cases: tuple[Case, ...]) -> None:
    entry_points = {case.details["entry_point"] for case in cases}

    assert len(cases) == 40
    assert [f"code-{number:02}" for number in range(1, 41)] == [case.case_id[:7] for case in cases]
    assert len({case.prompt for case in cases}) == 40
    assert len(entry_points) == 40


def test_every_case_is_tagged_with_its_topic_difficulty_and_kind(cases: tuple[Case, ...]) -> None:
    for case in cases:
        topic, difficulty, kind = case.tags
        assert topic.isalpha(), case.case_id
        assert difficulty in DIFFICULTIES, case.case_id
        assert kind in KINDS, case.case_id
    assert {case.tags[1] for case in cases} == DIFFICULTIES
    assert {case.tags[2] for case in cases} == KINDS
    assert len({case.tags[0] for case in cases}) >= 12


def test_every_case_has_five_to_eight_different_tests_that_each_assert_something(cases: tuple[Case, ...]) -> None:
    for case in cases:
        tests = case.details["tests"]
        assert 5 <= len(tests) <= 8, case.case_id
        assert len(set(tests)) == len(tests), case.case_id
        for test in tests:
            assert any(isinstance(node, ast.Assert) for node in ast.walk(ast.parse(test))), test


def test_every_prompt_names_the_entry_point_and_asks_for_the_code_alone(cases: tuple[Case, ...]) -> None:
    for case in cases:
        what = "class" if case.tags[2] == "class" else "function"
        assert case.details["entry_point"] in case.prompt, case.case_id
        assert case.prompt.endswith(f"Answer with the {what} only, in a Python code block."), case.case_id


def test_every_reference_defines_the_entry_point_and_is_short_enough_for_the_answer_budget(
    cases: tuple[Case, ...],
) -> None:
    for case in cases:
        (reference,) = case.references
        defined = {node.name for node in ast.parse(reference).body if isinstance(node, ast.FunctionDef | ast.ClassDef)}
        assert case.details["entry_point"] in defined, case.case_id
        assert len(reference) <= 480, case.case_id


def test_every_reference_passes_all_tests_of_its_case(cases: tuple[Case, ...]) -> None:
    jobs = [_job(case, case.references[0]) for case in cases]

    failed = {case.case_id: tests for case, tests in zip(cases, _failed_tests(jobs), strict=True) if tests}

    assert failed == {}


def test_every_case_has_three_different_wrong_programs_that_define_its_entry_point(
    cases: tuple[Case, ...], wrong_programs: dict[str, list[str]]
) -> None:
    assert [case.case_id for case in cases] == list(wrong_programs)
    for case in cases:
        programs = wrong_programs[case.case_id]
        shapes = {ast.dump(ast.parse(program)) for program in [*programs, *case.references]}
        assert len(programs) == 3, case.case_id
        assert len(shapes) == 4, case.case_id
        for program in programs:
            names = {getattr(node, "name", "") for node in ast.parse(program).body}
            assert case.details["entry_point"] in names, case.case_id


def test_every_wrong_program_fails_a_test_of_its_case(failures_of_wrong_programs: list[tuple[str, list[str]]]) -> None:
    passed = [program for program, failed in failures_of_wrong_programs if not failed]

    assert len(failures_of_wrong_programs) == 120
    assert passed == []


def test_most_assertions_catch_some_wrong_program(
    cases: tuple[Case, ...], failures_of_wrong_programs: list[tuple[str, list[str]]]
) -> None:
    biting = {test for _, failed in failures_of_wrong_programs for test in failed}

    assert len(biting) > 0.6 * sum(len(case.details["tests"]) for case in cases)


@pytest.mark.parametrize("name", ["bubblewrap", "weak"])
def test_the_sandbox_says_of_every_assertion_what_a_plain_process_says(
    name: str, cases: tuple[Case, ...], wrong_programs: dict[str, list[str]]
) -> None:
    try:
        found = isolation(name)
    except SandboxError as error:
        pytest.skip(str(error))
    chosen = cases if name == "bubblewrap" else cases[::4]  # the same runner, around which another wall stands
    jobs = [_job(case, text) for case in chosen for text in (*case.references, *wrong_programs[case.case_id])]

    in_sandbox = _failed_in_sandbox(jobs, found)

    assert _failed_tests(jobs) == in_sandbox
    assert len(chosen) == sum(not failed for failed in in_sandbox)
