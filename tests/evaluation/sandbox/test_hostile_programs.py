"""Programs that do harm, look where they should not, or claim to be right: none succeeds, and the next one runs."""

import os
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from hostile_programs import (
    CRASHED,
    FINISHED,
    NOT_CHECKABLE,
    OUT_OF_MEMORY,
    RAISED,
    SECRET,
    SHORT_S,
    TIMED_OUT,
    TOO_MUCH_OUTPUT,
    Hostile,
    Ran,
    attack,
    call,
    check,
    reading,
    run_all,
)

from evaluation.program import ProgramEnd
from evaluation.sandbox import Isolation, isolation

PROJECT = Path(__file__).parents[3]

LOOKING = [
    Hostile("reads the password file", reading("/etc/passwd"), (FINISHED,), says="FileNotFoundError"),
    Hostile("reads the list of groups by a library", attack("import grp; grp.getgrnam('root')"), (FINISHED,)),
    Hostile("reads the project", reading(str(PROJECT / "pyproject.toml")), (FINISHED,), says="FileNotFoundError"),
    Hostile("reads a file of the user", reading("@secret@"), (FINISHED,), says="FileNotFoundError"),
    Hostile("lists the home directory", attack("assert set(os.listdir(@home@)) & @at_home@"), (FINISHED,)),
    Hostile("follows a symbolic link out", attack("os.symlink('@secret@', 'way'); open('way').read()"), (FINISHED,)),
    Hostile("goes through the root of process 1", reading("/proc/1/root@secret@"), (FINISHED,)),
    Hostile("looks for other processes", attack("assert len(os.listdir('/proc')) > 0"), (FINISHED,)),
    Hostile("climbs out of its folder", reading("../../../../../../etc/hostname"), (FINISHED,)),
    Hostile("reads the memory of the machine", reading("/dev/mem"), (FINISHED,)),
    Hostile("reads the kernel's messages", reading("/dev/kmsg"), (FINISHED,)),
    Hostile("reads the environment", attack(f"assert {SECRET!r} in str(os.environ)"), (FINISHED,), weak=True),
    Hostile("reads the words that started it", attack(f"assert {SECRET!r} in str(sys.argv)"), (FINISHED,), weak=True),
    Hostile(
        "looks for the expected values among its objects",
        attack(
            """
            held = [each for each in gc.get_objects() if isinstance(each, (dict, list, tuple))]
            inner = (part for each in held for part in (each.values() if isinstance(each, dict) else each))
            assert any("".join(reversed("f7-DETCEPXE")) in part for part in inner if type(part) is str)
            """
        ),
        (FINISHED,),
        weak=True,
    ),
    Hostile(
        "looks for the expected values in the frames of its callers",
        attack(
            """
            frame, seen = sys._getframe(1), ""
            while frame:
                seen += str(frame.f_locals) + str(frame.f_code.co_consts)
                frame = frame.f_back
            assert "".join(reversed("f7-DETCEPXE")) in seen
            """
        ),
        (FINISHED,),
        weak=True,
    ),
    Hostile("reads its standard input", attack("assert sys.stdin.read()"), (FINISHED,), weak=True),
    Hostile("asks for input", attack("input()"), (FINISHED,), weak=True, says="EOFError"),
    Hostile(
        "reads every open file",
        attack(
            """
            import fcntl
            seen = b""
            for number in range(4096):
                try:
                    fcntl.fcntl(number, fcntl.F_SETFL, os.O_NONBLOCK)
                    seen += os.read(number, 65536)
                except OSError:
                    pass
            assert b"EXPECTED" in seen
            """
        ),
        (FINISHED, CRASHED),
        weak=True,
    ),
    Hostile(
        "looks into a function of the tests",
        "def f(g):\n    return str(g.__globals__) + str(vars(g)['_exchange'].line.ask('getattr', g, '__globals__'))",
        (FINISHED,),
        weak=True,
        says="AttributeError",
        tests=(f"assert {SECRET!r} in f(lambda: 1)",),
    ),
    Hostile(
        "has the tests evaluate something",
        attack(
            """
            from evaluation.sandbox.inside.channel import Channel
            line = next(each for each in gc.get_objects() if isinstance(each, Channel))
            line.ask("call", eval, "1")
            """
        ),
        (FINISHED,),
        weak=True,
        says="TypeError",
    ),
]

WRITING = [
    Hostile("writes a file of the user", attack("open('@canary@', 'w').write('x')"), (FINISHED,)),
    Hostile("writes at the root", attack("open('/x', 'w').write('x')"), (FINISHED,), says="Read-only"),
    Hostile("makes a folder beside its own", attack("os.mkdir('/dev/x')"), (FINISHED,)),
    Hostile("writes into the standard library", attack("open(os.__file__, 'a').write('x')"), (FINISHED,)),
    Hostile("replaces the interpreter", attack("os.remove(os.path.realpath(sys.executable))"), (FINISHED,)),
    Hostile("writes into what runs it", attack("open('/sandbox/evaluation/x.py', 'w').write('x')"), (FINISHED,)),
    Hostile("mounts a file system", call({"x86_64": 165, "aarch64": 40}, 0, 0, 0, 0, 0), (FINISHED,)),
    Hostile("changes its root", attack("os.chroot('/')"), (FINISHED,), says="PermissionError"),
    Hostile(
        "writes a file of 10 GB",
        attack("file = open('big', 'wb')\nfor _ in range(10_000):\n    file.write(bytes(1_000_000))"),
        (FINISHED,),
        weak=True,
        says="OSError",
    ),
    Hostile("seeks to 10 GB", attack("open('big', 'wb').truncate(10**10)"), (FINISHED,), weak=True, says="OSError"),
    Hostile(
        "fills its folder with large files",
        attack("for i in range(50):\n    open(f'{i}', 'wb').write(bytes(1_000_000))"),
        (FINISHED,),
        says="No space left",
    ),
    Hostile(
        "writes a million small files",
        attack("for i in range(1_000_000):\n    open(f'{i}', 'w').close()"),
        (TOO_MUCH_OUTPUT,),
        weak=True,
        says="files",
    ),
    Hostile("prints without end", attack("while True:\n    print('x' * 999)"), (TOO_MUCH_OUTPUT,), weak=True),
    Hostile(
        "complains without end", attack("while True:\n    sys.stderr.write('x' * 999)"), (TOO_MUCH_OUTPUT,), weak=True
    ),
    Hostile("prints 2 MB when loaded", "print('x' * 2_000_000, flush=True)", (TOO_MUCH_OUTPUT,), weak=True),
]

REACHING_OUT = [
    Hostile("connects to a server", attack("socket.create_connection(('127.0.0.1', @port@), 5)"), (FINISHED,)),
    Hostile(
        "sends a datagram", attack("socket.socket(type=socket.SOCK_DGRAM).sendto(b'x', ('1.1.1.1', 53))"), (FINISHED,)
    ),
    Hostile("talks to the machine's host", attack("socket.socket(40, socket.SOCK_STREAM)"), (FINISHED,)),
    Hostile("talks to the kernel", attack("socket.socket(socket.AF_NETLINK, socket.SOCK_RAW)"), (FINISHED,)),
    Hostile("listens on a port", attack("socket.socket().bind(('0.0.0.0', 0))"), (FINISHED,)),
    Hostile("shares memory with others", attack("os.memfd_create('x')"), (FINISHED,), says="PermissionError"),
    Hostile("makes System V memory", call({"x86_64": 29, "aarch64": 194}, 0, 4096, 0o1600), (FINISHED,)),
    Hostile("opens a ring of system calls", call({"x86_64": 425, "aarch64": 425}, 1, 0), (FINISHED,)),
]

MULTIPLYING = [
    Hostile("forks", attack("if os.fork() == 0:\n    os._exit(0)"), (FINISHED,), says="PermissionError"),
    Hostile("is a fork bomb", attack("while True:\n    os.fork()"), (FINISHED,), says="PermissionError"),
    Hostile("starts a shell", attack("assert os.system('true') == 0"), (FINISHED,)),
    Hostile("becomes a shell", attack("os.execv('/bin/sh', ['sh', '-c', 'true'])"), (FINISHED,)),
    Hostile("becomes another Python", attack("os.execv(sys.executable, ['python', '-c', '']) "), (CRASHED,), weak=True),
    Hostile(
        "leaves a daemon behind",
        attack(
            """
            if os.fork() == 0:
                os.setsid()
                if os.fork() == 0:
                    with open("@daemon@", "w") as file:
                        file.write(str(os.getpid()))
                    os.execve("/bin/sleep", ["sleep", "600"], {})
                os._exit(0)
            os.wait()
            time.sleep(0.2)
            """,
            "0",
        ),
        (FINISHED,),
        weak=True,
    ),
    Hostile(
        "leaves a thread behind",
        attack("threading.Thread(target=time.sleep, args=(600,)).start()", "0"),
        (FINISHED,),
        weak=True,
    ),
    Hostile(
        "starts threads without end",
        attack("while True:\n    threading.Thread(target=time.sleep, args=(600,)).start()"),
        (FINISHED, OUT_OF_MEMORY, CRASHED),
        weak=True,
    ),
    Hostile("kills its parent", attack("os.kill(os.getppid(), signal.SIGKILL)", "0"), (FINISHED,)),
    Hostile("kills all it can", attack("os.kill(-1, signal.SIGKILL)", "0"), (FINISHED, CRASHED)),
    Hostile("traces itself", call({"x86_64": 101, "aarch64": 117}, 0, 0, 0, 0), (FINISHED,)),
    Hostile("becomes root", attack("os.setresuid(0, 0, 0)"), (FINISHED,), says="PermissionError"),
    Hostile("makes a user namespace", call({"x86_64": 272, "aarch64": 97}, 0x10000000), (FINISHED,)),
    Hostile(
        "raises its limits",
        attack("resource.setrlimit(resource.RLIMIT_AS, (resource.RLIM_INFINITY,) * 2)"),
        (FINISHED,),
    ),
]

TAKING_TOO_MUCH = [
    Hostile("never ends", attack("while True:\n    pass"), (TIMED_OUT,), weak=True, timeout_s=SHORT_S),
    Hostile("never ends loading", "while True:\n    pass", (TIMED_OUT,), weak=True, timeout_s=SHORT_S),
    Hostile("sleeps", attack("time.sleep(600)"), (TIMED_OUT,), weak=True, timeout_s=SHORT_S),
    Hostile(
        "ignores every signal",
        attack(
            """
            for number in range(1, 4096):
                try:
                    signal.signal(number, signal.SIG_IGN)
                except (OSError, ValueError):
                    pass
            while True:
                pass
            """
        ),
        (TIMED_OUT,),
        weak=True,
        timeout_s=SHORT_S,
    ),
    Hostile(
        "catches everything",
        attack("while True:\n    try:\n        time.sleep(1)\n    except BaseException:\n        pass"),
        (TIMED_OUT,),
        weak=True,
        timeout_s=SHORT_S,
    ),
    Hostile("takes 100 GB at once", attack("bytearray(10**11)"), (OUT_OF_MEMORY,), weak=True),
    Hostile(
        "takes all memory bit by bit",
        attack("held = []\nwhile True:\n    held.append(bytes(50_000_000))"),
        (OUT_OF_MEMORY,),
        weak=True,
    ),
    Hostile("takes all memory when loaded", "held = bytearray(10**11)", (OUT_OF_MEMORY,), weak=True),
    Hostile("calls itself without end", "def f(n):\n    return f(n)", (FINISHED,), weak=True, says="RecursionError"),
    Hostile(
        "overruns the stack",
        attack(
            """
            sys.setrecursionlimit(10**9)
            class Deep:
                def __getattr__(self, name):
                    return getattr(self, name)
            Deep().x
            """
        ),
        (CRASHED, OUT_OF_MEMORY, TIMED_OUT, FINISHED),
        weak=True,
        timeout_s=5.0,
    ),
    Hostile("writes out a huge number", attack("str(10 ** 10**5)"), (FINISHED,), weak=True, says="ValueError"),
    Hostile(
        "computes a number without end",
        attack("10 ** 10 ** 10"),
        (TIMED_OUT, OUT_OF_MEMORY),
        weak=True,
        timeout_s=SHORT_S,
    ),
    Hostile("gives values without end", "def f(n):\n    while True:\n        yield n", (NOT_CHECKABLE,), weak=True),
    Hostile(
        "opens files without end",
        attack("held = []\nwhile True:\n    held.append(open(os.devnull))"),
        (FINISHED,),
        weak=True,
    ),
    Hostile("nests its source too deep", "(" * 100_000, (ProgramEnd.SYNTAX_ERROR,), weak=True),
    Hostile("is no text", "f = '\udc80'", (ProgramEnd.SYNTAX_ERROR,), weak=True),
    Hostile("is two megabytes", "f = 0\n" * 400_000, (ProgramEnd.SYNTAX_ERROR,), weak=True),
]

ENDING_EARLY = [
    Hostile("exits well when loaded", "import os; os._exit(0)", (CRASHED,), weak=True, says="exit status 0"),
    Hostile("exits well when called", attack("os._exit(0)"), (CRASHED,), weak=True, says="exit status 0"),
    Hostile("leaves when loaded", "raise SystemExit(0)", (RAISED,), weak=True, says="SystemExit: 0"),
    Hostile("leaves when called", attack("sys.exit(0)"), (FINISHED,), weak=True, says="SystemExit: 0"),
    Hostile("is interrupted", attack("raise KeyboardInterrupt"), (FINISHED,), weak=True, says="KeyboardInterrupt"),
    Hostile("kills itself", attack("os.kill(os.getpid(), 9)"), (CRASHED,), weak=True, says="SIGKILL"),
    Hostile("reads where nothing is", attack("ctypes.string_at(0)"), (CRASHED,), weak=True, says="SIGSEGV"),
    Hostile("aborts", attack("os.abort()"), (CRASHED,), weak=True, says="SIGABRT"),
    Hostile("closes every file", attack("os.closerange(0, 4096)"), (CRASHED,), weak=True),
    Hostile(
        "waits for its end",
        "import atexit\natexit.register(print, 'passed')\n" + attack("pass", "0"),
        (FINISHED,),
        weak=True,
    ),
    Hostile("imports what is not there", "import numpy as np", (RAISED,), weak=True, says="No module named 'numpy'"),
]

EQUAL = (
    "__eq__ = __ge__ = __le__ = lambda self, other: True\n    __ne__ = lambda self, other: False\n    __hash__ = None"
)
CLAIMING = [
    Hostile(
        "gives what equals everything",
        f"class f:\n    def __init__(self, n): pass\n    {EQUAL}",
        (NOT_CHECKABLE,),
        weak=True,
    ),
    Hostile(
        "gives a number that equals everything",
        f"class E(int):\n    {EQUAL}\ndef f(n): return E(0)",
        (FINISHED,),
        weak=True,
    ),
    Hostile(
        "gives a text that equals everything",
        f"class E(str):\n    {EQUAL}\ndef f(n): return E('')",
        (FINISHED,),
        weak=True,
    ),
    Hostile(
        "gives a list that equals everything",
        f"class E(list):\n    {EQUAL}\ndef f(n): return E()",
        (FINISHED,),
        weak=True,
    ),
    Hostile(
        "hides it in a list",
        f"class E:\n    {EQUAL}\ndef f(n): return [E()]",
        (NOT_CHECKABLE,),
        weak=True,
        tests=("assert f(3) == [9]",),
    ),
    Hostile(
        "gives what is near everything",
        "class E:\n    __sub__ = __rsub__ = lambda self, other: 0\ndef f(n): return E()",
        (NOT_CHECKABLE,),
        weak=True,
        tests=("assert abs(f(3) - 9) < 1e-9", "assert abs(9 - f(3)) < 1e-9"),
    ),
    Hostile(
        "gives what holds everything",
        "class E:\n    __contains__ = lambda self, other: True\ndef f(n): return E()",
        (FINISHED, NOT_CHECKABLE),
        weak=True,
        tests=("assert 9 in f(3)",),
    ),
    Hostile(
        "gives what begins with everything",
        "class E:\n    startswith = lambda self, other: True\ndef f(n): return E()",
        (NOT_CHECKABLE,),
        weak=True,
        tests=("assert f(3).startswith('9')",),
    ),
    Hostile(
        "is not caught by a test that catches all",
        f"class E:\n    {EQUAL}\ndef f(n): return E()",
        (NOT_CHECKABLE,),
        weak=True,
        tests=("try:\n    assert f(3) == 9\nexcept:\n    pass",),
    ),
    Hostile(
        "gives what says it is a number",
        f"class E:\n    __class__ = int\n    {EQUAL}\ndef f(n): return E()",
        (NOT_CHECKABLE,),
        weak=True,
    ),
    Hostile(
        "gives what would be unpickled",
        "class E:\n    def __reduce__(self): return (print, ('passed',))\ndef f(n): return E()",
        (NOT_CHECKABLE,),
        weak=True,
    ),
    Hostile(
        "gives what describes itself without end",
        "class E:\n    def __repr__(self): return repr(self)\n    __str__ = __repr__\ndef f(n): return E()",
        (NOT_CHECKABLE,),
        weak=True,
    ),
    Hostile("gives no number", attack("", "float('nan')").replace("\n\n", "\n"), (FINISHED,), weak=True),
    Hostile("prints the pass word", attack("print('ok', 'passed', True, 'PASSED')", "0"), (FINISHED,), weak=True),
    Hostile(
        "patches the built-ins",
        "import builtins\nbuiltins.AssertionError = KeyError\nbuiltins.all = builtins.bool = lambda *a: True\n"
        "builtins.compile = builtins.exec = builtins.__import__ = lambda *a, **k: None\ndef f(n): return 0",
        (FINISHED, CRASHED, NOT_CHECKABLE),
        weak=True,
    ),
    Hostile(
        "brings its own functions for the tests",
        "def abs(n): return 0\ndef check(f): pass\nclass math:\n    isclose = lambda *a: True\ndef f(n): return 0",
        (FINISHED,),
        weak=True,
        tests=("assert abs(f(3) - 9) < 1e-9", "assert math.isclose(f(3), 9)", "check(f)\nassert f(3) == 9"),
    ),
    Hostile(
        "brings modules of its own for tests that name no function",
        "class math:\n    isclose = lambda *a: True\nclass re:\n    match = lambda *a: True\n"
        "class collections:\n    Counter = lambda *a: 1\nclass operator(Exception): pass\n"
        "operator.eq = lambda *a: True\ndef f(n): return ''",
        (FINISHED,),
        weak=True,
        entry_point=None,
        tests=(
            "assert re.match('abc', f(3))",
            "assert math.isclose(len(f(3)), 9)",
            "assert collections.Counter(f(3)) == collections.Counter('abc')",
            "assert operator.eq(f(3), 'abc')",
        ),
    ),
    Hostile(
        "traces every line",
        attack("sys.settrace(lambda *a: None)\nsys.setprofile(lambda *a: None)", "0"),
        (FINISHED,),
        weak=True,
    ),
    Hostile(
        "writes garbage to every open file",
        attack(
            """
            for number in range(3, 4096):
                try:
                    os.write(number, bytes([255]) * 256)
                except OSError:
                    pass
            """
        ),
        (NOT_CHECKABLE,),
        weak=True,
        says="broke the line",
    ),
    Hostile(
        "forges verdicts on every open file",
        attack(
            """
            from evaluation.sandbox.inside.channel import write_frame
            from evaluation.sandbox.inside.values import Encoder, PlainOnly
            for number in range(3, 4096):
                for words in [("test", True, "", "")] * 2 + [("end",)]:
                    try:
                        write_frame(number, Encoder(PlainOnly()).encoded(words))
                    except BaseException:
                        pass
            """
        ),
        (NOT_CHECKABLE,),
        weak=True,
        says="broke the line",
    ),
    Hostile(
        "answers beforehand",
        attack(
            """
            from evaluation.sandbox.inside.channel import write_frame
            from evaluation.sandbox.inside.values import Encoder, PlainOnly
            for number in range(3, 4096):
                for asked in range(1, 20):
                    try:
                        write_frame(number, Encoder(PlainOnly()).encoded((False, asked, "value", (), (), True)))
                    except BaseException:
                        pass
            """
        ),
        (NOT_CHECKABLE, FINISHED),
        weak=True,
    ),
    Hostile(
        "announces an answer that never comes",
        attack(
            """
            for number in range(3, 4096):
                try:
                    os.write(number, (10_000_000).to_bytes(4, "big"))
                except OSError:
                    pass
            time.sleep(600)
            """
        ),
        (TIMED_OUT,),
        weak=True,
        timeout_s=SHORT_S,
    ),
    Hostile(
        "replaces what carries its answers",
        "import sys\nline = sys.modules['evaluation.sandbox.inside.channel'].Channel\n"
        "line._performed = lambda *a: ('value', True)\ndef f(n): return 0",
        (FINISHED, NOT_CHECKABLE),
        weak=True,
    ),
    Hostile(
        "fails with what the tests wait for",
        "def f(n):\n    raise AssertionError('passed')",
        (FINISHED,),
        weak=True,
    ),
    Hostile(
        "says that it was loaded",
        """
import os
for number in range(3, 4096):
    try:
        os.write(number, b"x" * 70)
    except OSError:
        pass
""",
        (NOT_CHECKABLE,),
        weak=True,
    ),
]
HOSTILE = [*LOOKING, *WRITING, *REACHING_OUT, *MULTIPLYING, *TAKING_TOO_MUCH, *ENDING_EARLY, *CLAIMING]


@pytest.fixture(scope="module")
def secret_in_environment() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("BENCHWRIGHT_SECRET", SECRET)
        yield


@pytest.fixture(scope="module")
def of_bubblewrap(shut_in: Isolation, tmp_path_factory: pytest.TempPathFactory, secret_in_environment: None) -> Ran:
    return run_all(shut_in, tmp_path_factory.mktemp("user"), HOSTILE)


@pytest.fixture(scope="module")
def of_weak(tmp_path_factory: pytest.TempPathFactory, secret_in_environment: None) -> Ran:
    return run_all(isolation("weak"), tmp_path_factory.mktemp("user"), [each for each in HOSTILE if each.weak])


@pytest.mark.parametrize("hostile", HOSTILE, ids=lambda each: each.name)
def test_a_program_gains_nothing_when_it(hostile: Hostile, of_bubblewrap: Ran) -> None:
    check(hostile, of_bubblewrap)


@pytest.mark.parametrize("hostile", [each for each in HOSTILE if each.weak], ids=lambda each: each.name)
def test_a_program_under_the_weak_isolation_gains_nothing_when_it(hostile: Hostile, of_weak: Ran) -> None:
    check(hostile, of_weak)


def test_no_two_hostile_programs_are_the_same_and_there_are_more_than_forty() -> None:
    assert (
        len(HOSTILE) == len({each.name for each in HOSTILE}) == len({each.source + str(each.tests) for each in HOSTILE})
    )
    assert len(HOSTILE) >= 40


@pytest.mark.parametrize("which", ["of_bubblewrap", "of_weak"])
def test_nothing_of_them_remains(which: str, request: pytest.FixtureRequest) -> None:
    ran: Ran = request.getfixturevalue(which)
    assert not (ran.folder / "canary").exists()
    assert [] == [folder for folder in ran.made if Path(folder).exists()]
    assert [] == [words for words in _command_lines() if "sandbox.inside" in words]
    if (ran.folder / "daemon").exists():
        daemon = int((ran.folder / "daemon").read_text())
        assert "sleep 600" not in _command_line(daemon)


def _command_lines() -> list[str]:
    """Of every process below this one."""
    rows = {}
    for path in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):
            rows[int(path.parent.name)] = int(path.read_text().rpartition(")")[2].split()[1])
    below = {os.getpid()}
    while more := {pid for pid, parent in rows.items() if parent in below} - below:
        below |= more
    return [_command_line(pid) for pid in below - {os.getpid()}]


def _command_line(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
    except OSError:
        return ""
