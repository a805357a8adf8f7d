"""Selection of the isolation for model-written code, tested by running a program once.

Model-written code is refused if bubblewrap does not work and weak isolation was not requested.
"""

import os
import sys
from functools import lru_cache

from evaluation.errors import ConfigurationError, SandboxError
from evaluation.machine_load import busy_words, stretched_s
from evaluation.program import Program, ProgramEnd
from evaluation.sandbox.bubblewrap import find_bubblewrap
from evaluation.sandbox.interpreter import find_interpreter
from evaluation.sandbox.isolation_kinds import BUBBLEWRAP, WEAK, Isolation
from evaluation.sandbox.weak_isolation import is_root

_NEXT = (
    "Install bubblewrap (`apt-get install bubblewrap`, `dnf install bubblewrap`), or accept the weak isolation with "
    "`--sandbox weak` or BENCHWRIGHT_SANDBOX=weak: limits on time and memory, but the code may do "
    "what you may do: read and delete files, end processes"
)


def isolation(name: str | None = None) -> Isolation:
    """Return the isolation to use: `bubblewrap` where it works; `weak` only on request.

    Raises:
        ConfigurationError: there is none of that name.
        SandboxError: bubblewrap is not installed, or does not work; says what to do.
    """
    if name not in (None, "", BUBBLEWRAP, WEAK):
        raise ConfigurationError(f"unknown isolation {name!r}", f"Use {BUBBLEWRAP!r} or {WEAK!r}")
    if name == WEAK:
        if os.name != "posix":
            raise SandboxError(f"there are no limits for processes on {sys.platform}", "Use Linux, WSL or macOS")
        if is_root():
            find_interpreter(for_any_user=True)  # refuses where programs would run as root
        return Isolation(name=WEAK)
    available, problem = _tried(find_bubblewrap())
    if available is None:
        raise SandboxError(f"programs that a model wrote cannot be isolated here: {problem}", _NEXT)
    return available


def describe_isolation() -> str:
    """Describe in one line the isolation that programs get on this machine."""
    available, problem = _tried(find_bubblewrap())
    if available is None:
        return f"none: {problem}; code is not run unless `--sandbox weak` accepts limits that are no sandbox"
    privileges = "in a user namespace" if available.in_user_namespace else "under user ids of their own"
    return f"{BUBBLEWRAP}: programs run without network and files, {privileges}"


@lru_cache(maxsize=4)
def _tried(bubblewrap: str | None) -> tuple[Isolation | None, str]:
    """Return the isolation after a trial run, or why there is none. Tried once for each path of bubblewrap."""
    if bubblewrap is None:
        return None, "bubblewrap is not installed"
    problem = ""
    for in_user_namespace in (False, True) if is_root() else (True,):
        attempted = Isolation(name=BUBBLEWRAP, in_user_namespace=in_user_namespace)
        trouble = _trouble(attempted)
        if trouble is None:
            return attempted, ""
        problem = problem or trouble
    return None, f"bubblewrap is installed and does not work: {problem}"


def _trouble(attempted: Isolation) -> str | None:
    from evaluation.sandbox.running import run_programs

    source, tests = "def double(n):\n    return 2 * n", ("assert double(4) == 8",)
    program = Program(source=source, tests=tests, timeout_s=stretched_s(30.0))
    try:
        (outcome,) = run_programs([program], isolation=attempted)
    except SandboxError as error:
        return error.message
    if outcome.end is ProgramEnd.FINISHED and all(outcome.passed):
        return None
    busy = busy_words() if outcome.end is ProgramEnd.TIMED_OUT else None
    return f"{outcome.message}: {busy}" if busy else outcome.message
