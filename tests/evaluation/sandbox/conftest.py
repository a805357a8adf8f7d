from collections.abc import Callable, Sequence

import pytest

from evaluation.errors import SandboxError
from evaluation.program import Program, ProgramOutcome
from evaluation.sandbox import Isolation, isolation, run_programs

Run = Callable[..., ProgramOutcome]
LONG_S = 60.0
"""No honest program fails because a machine is slow."""


def isolation_named(name: str) -> Isolation:
    """The isolation, or a skipped test that says why it is not there."""
    try:
        return isolation(name)
    except SandboxError as error:
        pytest.skip(str(error))


@pytest.fixture(scope="session", params=["bubblewrap", "weak"])
def isolated(request: pytest.FixtureRequest) -> Isolation:
    """Each isolation that there is on this machine."""
    return isolation_named(request.param)


@pytest.fixture(scope="session")
def shut_in() -> Isolation:
    """Bubblewrap."""
    return isolation_named("bubblewrap")


@pytest.fixture
def run(isolated: Isolation) -> Run:
    """Runs one program: `run(source, *tests, entry_point=…, setup=…)`."""

    def ran(source: str, *tests: str, timeout_s: float = LONG_S, **named: str) -> ProgramOutcome:
        program = Program(source=source, tests=tests, timeout_s=timeout_s, **named)
        (outcome,) = run_programs([program], isolation=isolated)
        return outcome

    return ran


def failed_tests(tests: Sequence[str], outcome: ProgramOutcome) -> list[str]:
    """Those that did not hold."""
    return [test for test, passed in zip(tests, outcome.passed, strict=True) if not passed]
