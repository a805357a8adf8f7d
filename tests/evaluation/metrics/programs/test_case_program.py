"""Which part of an answer is the program."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evaluation.case import Case
from evaluation.metrics.programs.case_program import (
    AnsweredProgram,
    answered_program,
    find_program,
    program_of,
    prompt_as_program,
)

PROMPT = 'from typing import List\n\n\ndef half(x: int) -> int:\n    """Half.\n\n    >>> half(4)\n    2\n    """\n'


F = "def f(x):\n    return x"


@pytest.mark.parametrize(
    ("answer", "source", "stage"),
    [
        (F, F, "as_it_is"),
        (f"```python\n{F}\n```", F, "fenced"),
        (f"Sure!\n\n```py\n{F}\n```\nIt returns x.", F, "fenced"),
        (f"~~~\n{F}\n~~~", F, "fenced"),
        (f"````python\n{F}\n```\n````", F + "\n```", "fenced"),
        (f"```python\n{F}", F, "fenced"),
        (f"```python\n{F}\n", F + "\n", "fenced"),
        (f"   ```Python3\r\n{F}\r\n```", F, "fenced"),
        (f"```\nold = 1\n```\n```python\n{F}\n```\n```python\nprint(f(1))\n```", F, "fenced"),
        (f"```python\ndef f(x): pass\n```\nBetter:\n```python\n{F}\n```", F, "fenced"),
        (f"```json\n{{}}\n```\n```python\n{F}\n```\n```bash\nf = 1\n```", F, "fenced"),
        ("```bash\nls\n```", "ls", "fenced"),
        ("```python\n\n```\nnothing", "```python\n\n```\nnothing", "as_it_is"),
        (f"Here it is:\n\n{F}\n\nIt's quick (and right.", F + "\n", "text"),
        (f"import math\n{F}\nThis is it.\nf(2) gives 2.", f"import math\n{F}", "text"),
        ("Here it is:\ndef f(x):\n    return (x", "Here it is:\ndef f(x):\n    return (x", "as_it_is"),
        ("I cannot.", "I cannot.", "as_it_is"),
        ("f = lambda x: x", "f = lambda x: x", "as_it_is"),
        (f"Use `f` so:\n@cache\n{F}\nDone, it's over.", f"@cache\n{F}", "text"),
        ("f = lambda x: x\nThat's all.", "f = lambda x: x", "text"),
        (f"{F}\nNote\n    how short it is", F, "text"),
    ],
)
def test_the_program_is_found(answer: str, source: str, stage: str) -> None:
    assert AnsweredProgram(source, stage) == answered_program(answer, names=("f",))


@pytest.mark.parametrize(
    ("answer", "body"),
    [
        ("    return x // 2", "    return x // 2\n"),
        ("\n    y = x\n    return y // 2\n", "    y = x\n    return y // 2\n"),
        ("return x // 2", "    return x // 2\n"),
        ("y = x\nreturn y // 2", "    y = x\n    return y // 2\n"),
        ("y = x\n    return y // 2", "    y = x\n    return y // 2\n"),
        ("if x:\n    return 1\nreturn 0", "    if x:\n        return 1\n    return 0\n"),
        ("    return x // 2\n\nprint(half(3))\nThat is all.", "    return x // 2\n\n"),
        ("    return g(x)\n\ndef g(x):\n    return x // 2", "    return g(x)\n\ndef g(x):\n    return x // 2\n"),
        ("```python\n    return x // 2\n```", "    return x // 2\n"),
        ("```\nreturn x // 2\n```\nDone.", "    return x // 2\n"),
        ("That is hard.", "That is hard.\n"),
    ],
)
def test_an_answer_that_goes_on_with_the_prompt_is_put_behind_it(answer: str, body: str) -> None:
    assert AnsweredProgram(PROMPT + body, "completion") == answered_program(answer, names=("half",), prompt=PROMPT)


def test_a_body_keeps_its_own_blanks() -> None:
    found = answered_program(" return x", names=("one",), prompt="def one(x):\n")
    assert "def one(x):\n return x\n" == found.source


def test_a_prompt_that_ends_without_a_line_break_gets_one() -> None:
    found = answered_program("return x // 2", names=("half",), prompt=PROMPT.rstrip("\n"))
    assert PROMPT + "    return x // 2\n" == found.source


def test_an_answer_that_gives_the_whole_function_stands_for_itself() -> None:
    whole = PROMPT + "    return x // 2"
    for answer, stage in ((whole, "as_it_is"), (f"```python\n{whole}\n```", "fenced")):
        assert AnsweredProgram(whole, stage) == answered_program(answer, names=("half",), prompt=PROMPT)


def test_a_prompt_is_a_program_only_where_it_defines_the_entry_point() -> None:
    assert PROMPT == prompt_as_program(PROMPT, "half")
    assert "def one():\n    pass\n" == prompt_as_program("def one():\n", "one")
    assert "" == prompt_as_program(PROMPT, "third")
    assert "" == prompt_as_program(PROMPT, None)
    assert "" == prompt_as_program("Complete this:\ndef half(x):\n", "half")


def test_a_case_of_human_eval_gives_its_helpers_to_the_tests() -> None:
    tests = ["def check(candidate):\n    assert candidate(4) == 2\n\ncheck(half)"]
    case = Case(case_id="h", prompt=PROMPT, details={"format": "human_eval", "entry_point": "half", "tests": tests})
    program = program_of(case, find_program(case, "    return x // 2").source, 3.0)
    assert (PROMPT, PROMPT + "    return x // 2\n") == (program.setup, program.source)


def test_a_case_of_mbpp_finds_the_program_by_the_names_that_its_tests_call() -> None:
    details = {"tests": ["assert sorted(first_odd([1])) == [max(1, 0)]"], "test_imports": ["import math", "x = 1"]}
    case = Case(case_id="m", prompt="Write it.", details=details)
    answer = "```python\ndef first_odd(x): return x\n```\nUse:\n```python\nprint(first_odd([1]))\n```"
    assert "def first_odd(x): return x" == find_program(case, answer).source
    assert "import math\nx = 1" == program_of(case, "", 3.0).setup


@settings(max_examples=150, deadline=None, derandomize=True)
@given(st.text(st.sampled_from("`~ \n\tdefx():=python@import\u202e\x00\udc80"), max_size=400), st.booleans())
def test_any_answer_is_some_program(answer: str, completes: bool) -> None:
    found = answered_program(answer, names=("f",), prompt=PROMPT if completes else "")
    assert found.stage in ("fenced", "text", "completion", "as_it_is")


@pytest.mark.parametrize(
    "answer", ["`" * 1_000_000, "```\n" * 25_000, "def f(x):\n" * 9_000, "a" * 1_000_000, "def\n" * 20_000]
)
def test_a_huge_answer_takes_no_time_that_grows_faster_than_it(answer: str) -> None:
    assert answered_program(answer, names=("f",), prompt=PROMPT).source
