"""Programs that attack the line to the tests, the clock, and the code of ours that runs beside theirs."""

from textwrap import dedent

import pytest
from hostile_programs import (
    CRASHED,
    FINISHED,
    NOT_CHECKABLE,
    OUT_OF_MEMORY,
    SECRET,
    SHORT_S,
    TIMED_OUT,
    TOO_MUCH_OUTPUT,
    Hostile,
    Ran,
    attack,
    call,
    check,
    run_all,
)

from evaluation.sandbox import Isolation, isolation

_LINE = """
from evaluation.sandbox.inside.channel import Channel, read_frame, write_frame
from evaluation.sandbox.inside.shared import Shared
from evaluation.sandbox.inside.values import Encoder, PlainOnly
line = next(each for each in gc.get_objects() if isinstance(each, Channel))
numbers = Shared(1_000_001)
def send(*words):
    write_frame(line._writes, Encoder(PlainOnly(), numbers).encoded(words))
def raw(data):
    os.write(line._writes, data)
"""


def _with_line(body: str, answer: str = "n * n") -> str:
    """An attack that has the line at hand: `line`, `send(*words)` and `raw(data)`."""
    return attack(_LINE + dedent(body), answer)


OUT_OF_TURN = [
    Hostile(
        "says again and again that it is ready, to have more time",
        _with_line("for _ in range(20):\n    time.sleep(0.2)\n    line.ask('ready')"),
        (NOT_CHECKABLE,),
        weak=True,
        says="says again that it is ready",
        timeout_s=2.0,
    ),
    Hostile(
        "says once more that it is ready before it is loaded",
        "import gc, os\n" + _LINE + "line.ask('ready')\ndef f(n): return n * n",
        (NOT_CHECKABLE,),
        weak=True,
        says="says again that it is ready",
    ),
    Hostile(
        "has a thread say that it is ready for as long as it computes",
        _with_line(
            """
            def go_on():
                while True:
                    send(True, 7, 'ready', (), (), ((), {}))
                    time.sleep(0.05)
            threading.Thread(target=go_on, daemon=True).start()
            time.sleep(600)
            """
        ),
        (NOT_CHECKABLE,),
        weak=True,
    ),
    Hostile(
        "says that it is ready with arguments",
        _with_line("send(True, 1, 'ready', (), (), ((1,), {'force': True}))\ntime.sleep(600)"),
        (NOT_CHECKABLE,),
        weak=True,
    ),
    Hostile(
        "says the words of a verdict as requests",
        _with_line("for word in ('test', 'end', 'failed', 'load'):\n    line.ask(word, True, '', '')", "0"),
        (FINISHED,),
        weak=True,
        says="TypeError",
    ),
    Hostile(
        "answers a question that was not asked",
        _with_line("send(False, 10_000, 'value', (), (), 9)"),
        (NOT_CHECKABLE,),
        weak=True,
        says="answer to another question",
    ),
    Hostile(
        "answers twice",
        _with_line(
            "send(False, line_number := 3, 'value', (), (), 9)\nsend(False, line_number, 'value', (), (), 9)", "0"
        ),
        (NOT_CHECKABLE, FINISHED),
        weak=True,
    ),
    Hostile(
        "goes on sending after its answer",
        _with_line(
            """
            def go_on():
                while True:
                    send(False, 1, 'value', (), (), 16)
            threading.Thread(target=go_on, daemon=True).start()
            """,
            "0",
        ),
        (NOT_CHECKABLE, FINISHED),
        weak=True,
    ),
    Hostile(
        "asks without end and never answers",
        _with_line("while True:\n    send(True, 1, 'call', (), (), ((), {}))"),
        (TIMED_OUT,),
        weak=True,
        timeout_s=SHORT_S,
    ),
    Hostile(
        "asks without end, and reads what it is told",
        _with_line("while True:\n    try:\n        line.ask('call', len, [])\n    except TypeError:\n        pass"),
        (TIMED_OUT,),
        weak=True,
        timeout_s=SHORT_S,
    ),
]

BROKEN_MESSAGES = [
    Hostile(
        "sends two bytes and falls silent",
        _with_line("raw(bytes(2))\ntime.sleep(600)"),
        (TIMED_OUT,),
        weak=True,
        timeout_s=SHORT_S,
    ),
    Hostile(
        "sends half a message and leaves",
        _with_line("raw((100).to_bytes(4, 'big') + b'x' * 50)\nos._exit(0)"),
        (CRASHED,),
        weak=True,
        says="exit status 0",
    ),
    Hostile(
        "sends a message byte by byte",
        _with_line("raw((1_000_000).to_bytes(4, 'big'))\nwhile True:\n    raw(b'x')\n    time.sleep(0.01)"),
        (TIMED_OUT,),
        weak=True,
        timeout_s=SHORT_S,
    ),
    Hostile(
        "announces four gigabytes",
        _with_line("raw(b'\\xff' * 4)\ntime.sleep(600)"),
        (NOT_CHECKABLE,),
        weak=True,
        says="too large",
    ),
    Hostile("sends a million empty messages", _with_line("raw(bytes(4_000_000))"), (NOT_CHECKABLE,), weak=True),
    Hostile(
        "sends a value nested a hundred thousand deep",
        _with_line("write_frame(line._writes, b't1:' * 100_000 + b'N0:')"),
        (NOT_CHECKABLE,),
        weak=True,
    ),
    Hostile(
        "sends a list that announces more items than there are",
        _with_line("write_frame(line._writes, b't6:F0:i1:3s5:value' + b't999:' + b'N0:' * 900)"),
        (NOT_CHECKABLE,),
        weak=True,
    ),
    Hostile(
        "mentions a value that nobody has",
        _with_line("write_frame(line._writes, b't6:F0:i1:3s5:valuet0:t0:@3:998')"),
        (NOT_CHECKABLE,),
        weak=True,
        says="no value has",
    ),
    Hostile(
        "names a function of Python's as if it were plain",
        _with_line("write_frame(line._writes, b't6:F0:i1:3s5:valuet0:t0:k2:s8:builtinss4:eval')"),
        (NOT_CHECKABLE,),
        weak=True,
        says="class that is not known",
    ),
    Hostile(
        "says that lists of the tests hold something else",
        _with_line("for number in range(0, 40, 2):\n    send(True, 1, 'call', ((number, (9,)),), (), ((), {}))"),
        (NOT_CHECKABLE, FINISHED),
        weak=True,
        tests=("kept = [1]\nright = [9]\nassert f(3) == right and kept == right",),
    ),
    Hostile(
        "sends a million objects",
        "def f(n):\n    return [object() for _ in range(10**6)]",
        (NOT_CHECKABLE, OUT_OF_MEMORY, TIMED_OUT),
        weak=True,
        timeout_s=2.0,
    ),
    Hostile(
        "closes the line and goes on",
        _with_line("os.close(line._writes)\ntime.sleep(600)"),
        (CRASHED,),
        weak=True,
        says="cut the line",
    ),
]

CLOCKS_AND_SIGNALS = [
    Hostile("stops itself", attack("os.kill(os.getpid(), signal.SIGSTOP)"), (TIMED_OUT,), weak=True, timeout_s=SHORT_S),
    Hostile(
        "claims that its processor time is used up",
        attack("os.kill(os.getpid(), signal.SIGXCPU)"),
        (CRASHED,),
        weak=True,
        says="SIGXCPU",
    ),
    Hostile(
        "sets the machine's clock",
        attack("time.clock_settime(time.CLOCK_REALTIME, 0)"),
        (FINISHED,),
        weak=True,
        says="PermissionError",
    ),
    Hostile(
        "stops all clocks that it knows",
        "import time\ntime.monotonic = time.time = time.perf_counter = lambda: 0.0\n" + attack("time.sleep(600)"),
        (TIMED_OUT,),
        weak=True,
        timeout_s=SHORT_S,
    ),
    Hostile(
        "has an alarm raise in the midst of its answers",
        attack(
            """
            def ring(*_):
                raise AssertionError('passed')
            signal.signal(signal.SIGALRM, ring)
            signal.setitimer(signal.ITIMER_REAL, 0.001, 0.001)
            """,
            "0",
        ),
        (FINISHED, CRASHED, NOT_CHECKABLE),
        weak=True,
    ),
]

OUR_CODE = [
    Hostile(
        "sends all twice",
        "import os\nwrite = os.write\nos.write = lambda file, data: (write(file, data), write(file, data))[0]\n"
        "def f(n): return n * n",
        (NOT_CHECKABLE,),
        weak=True,
    ),
    Hostile(
        "writes every value as yes",
        "import sys\nvalues = sys.modules['evaluation.sandbox.inside.values']\n"
        "for kind in list(values._WRITERS):\n    values._WRITERS[kind] = lambda encoder, _: encoder._add(b'T0:')\n"
        "def f(n): return 0",
        (NOT_CHECKABLE, FINISHED),
        weak=True,
    ),
    Hostile(
        "leaves as our code does",
        "def f(n):\n    from evaluation.sandbox.inside.channel import GoneError\n    raise GoneError('passed')",
        (CRASHED,),
        weak=True,
        says="exit status 0",
    ),
    Hostile(
        "looks into the frames of every thread",
        attack(f"assert {SECRET[::-1]!r}[::-1] in str([each.f_locals for each in sys._current_frames().values()])"),
        (FINISHED,),
        weak=True,
    ),
    Hostile(
        "reads every open file from its beginning",
        attack(
            f"""
            seen = b''
            for number in range(4096):
                try:
                    seen += os.pread(number, 65536, 0)
                except OSError:
                    pass
            assert {SECRET[::-1]!r}[::-1].encode() in seen
            """
        ),
        (FINISHED,),
        weak=True,
    ),
    Hostile(
        "opens its standard input again",
        attack("assert open('/dev/fd/0').read() or open('/dev/stdin').read()"),
        (FINISHED,),
        weak=True,
    ),
    Hostile(
        "has an audit hook that refuses all",
        "import sys\ndef hook(*_): raise AssertionError('passed')\nsys.addaudithook(hook)\ndef f(n): return 0",
        (FINISHED, CRASHED, NOT_CHECKABLE),
        weak=True,
    ),
    Hostile(
        "ends when its rubbish is collected",
        attack("gc.callbacks.append(lambda *_: os._exit(0))\ngc.collect()"),
        (CRASHED,),
        weak=True,
        says="exit status 0",
    ),
    Hostile(
        "ends in a destructor",
        "import os\nclass E:\n    def __del__(self): os._exit(0)\ndef f(n):\n    E()\n    return n * n",
        (CRASHED,),
        weak=True,
        says="exit status 0",
    ),
    Hostile(
        "ends from a thread",
        attack("threading.Thread(target=os._exit, args=(0,)).start()\ntime.sleep(600)"),
        (CRASHED,),
        weak=True,
        says="exit status 0",
    ),
    Hostile(
        "leaves a child that keeps the line open",
        attack("if os.fork() == 0:\n    time.sleep(600)\nos._exit(0)"),
        (FINISHED, TIMED_OUT),
        weak=True,
        timeout_s=SHORT_S,
    ),
    Hostile(
        "recurses through a function of the tests",
        "def f(g):\n    return g(f)",
        (FINISHED, NOT_CHECKABLE, OUT_OF_MEMORY, CRASHED),
        weak=True,
        tests=("def back(g): return g(back)\nassert f(back) == 9",),
    ),
    Hostile(
        "raises what is said without end",
        "class E(Exception):\n    def __str__(self):\n        while True: pass\ndef f(n): raise E",
        (TIMED_OUT,),
        weak=True,
        timeout_s=SHORT_S,
    ),
]

PRETENDING = [
    Hostile(
        "gives an object of the setup with a method of its own",
        "def f(n):\n    box = Box(0)\n    box.holds = lambda n: True\n    return box",
        (NOT_CHECKABLE,),
        weak=True,
        says="method 'holds' of its own",
        setup="class Box:\n    def __init__(self, n): self.n = n\n    def holds(self, n): return self.n == n",
        tests=("assert f(3).holds(9)",),
    ),
    Hostile(
        "gives an object of the setup with another judge inside",
        "class Lax:\n    def same(self, *_): return True\n"
        "def f(n):\n    box = Box(0)\n    box.judge = Lax()\n    return box",
        (NOT_CHECKABLE,),
        weak=True,
        says="method 'judge' of its own",
        setup="class Judge:\n    def same(self, a, b): return a == b\nclass Box:\n    judge = Judge()\n"
        "    def __init__(self, n): self.n = n\n    def holds(self, n): return self.judge.same(self.n, n)",
        tests=("assert f(3).holds(9)",),
    ),
    Hostile(
        "gives a number that is written like another",
        "class E(int):\n    __repr__ = __str__ = lambda self: '9'\n"
        "    __index__ = __int__ = lambda self: 9\ndef f(n): return E(0)",
        (FINISHED,),
        weak=True,
        tests=("assert str(f(3)) == '9'", "assert int(f(3)) == 9", "assert f'{f(3)}' == '9'"),
    ),
    Hostile(
        "gives keys that equal everything",
        "class E(str):\n    __eq__ = lambda self, other: True\n"
        "    __hash__ = lambda self: hash('9')\ndef f(n): return {E('x'): 1}",
        (FINISHED,),
        weak=True,
        tests=("assert f(3) == {'9': 1}", "assert '9' in f(3)"),
    ),
    Hostile(
        "gives a tuple with names of its methods",
        "class E(tuple):\n    _fields = ('count', 'index')\ndef f(n): return E((lambda *_: 1, lambda *_: 0))",
        (FINISHED, NOT_CHECKABLE),
        weak=True,
        tests=("assert f(3) == (9,)",),
    ),
    Hostile(
        "gives a class that equals everything",
        "class M(type):\n    __eq__ = lambda self, other: True\n"
        "    __hash__ = type.__hash__\nclass E(metaclass=M): pass\ndef f(n): return E",
        (NOT_CHECKABLE,),
        weak=True,
    ),
    Hostile(
        "gives no number in a list",
        "def f(n): return [float('nan')] * 2",
        (FINISHED,),
        weak=True,
        tests=("assert f(3) == [9.0, 9.0]", "assert max(f(3)) == 9.0", "assert sum(f(3)) == 18.0"),
    ),
    Hostile(
        "gives what goes on for ever",
        "class E:\n    __iter__ = lambda self: self\n    __next__ = lambda self: 9\ndef f(n): return E()",
        (TIMED_OUT,),
        weak=True,
        tests=("assert list(f(3)) == [9]",),
        timeout_s=SHORT_S,
    ),
    Hostile(
        "is of a class that cannot be looked at",
        "class E:\n    __class__ = property(lambda self: 1 / 0)\n"
        "    __dict__ = property(lambda self: 1 / 0)\ndef f(n): return E()",
        (NOT_CHECKABLE,),
        weak=True,
    ),
    Hostile(
        "has an end of the iteration for an answer",
        "def f(n): raise StopIteration(9)",
        (FINISHED,),
        weak=True,
        says="StopIteration",
    ),
]

FOLDERS = [
    Hostile(
        "nests folders without end",
        attack("while True:\n    os.mkdir('d' * 100)\n    os.chdir('d' * 100)"),
        (FINISHED, TOO_MUCH_OUTPUT, TIMED_OUT),
        weak=True,
        timeout_s=5.0,
    ),
    Hostile(
        "takes away the permissions of what it nests",
        attack(
            """
            for _ in range(1_500):
                os.mkdir('d')
                os.chdir('d')
                open('f', 'w').close()
            for _ in range(1_500):
                os.chmod('.', 0)
                os.chdir('/proc/self/cwd/..')
            """,
            "0",
        ),
        (FINISHED, TOO_MUCH_OUTPUT),
        weak=True,
    ),
]
KERNEL = {
    "reads the memory of another process": ({"x86_64": 310, "aarch64": 270}, 1, 0, 0, 0, 0, 0),
    "opens a handle to a process": ({"x86_64": 434, "aarch64": 434}, 1, 0),
    "takes a file from a process": ({"x86_64": 438, "aarch64": 438}, 3, 1, 0),
    "signals a process by its handle": ({"x86_64": 424, "aarch64": 424}, 3, 9, 0, 0),
    "runs a file without a name": ({"x86_64": 322, "aarch64": 281}, 3, 0, 0, 0, 0x1000),
    "asks for a key": ({"x86_64": 250, "aarch64": 219}, 0, -3, 1),
    "loads a program into the kernel": ({"x86_64": 321, "aarch64": 280}, 0, 0, 0),
    "counts what the processor does": ({"x86_64": 298, "aarch64": 241}, 0, 0, -1, -1, 0),
    "handles its own page faults": ({"x86_64": 323, "aarch64": 282}, 0),
    "opens a file system": ({"x86_64": 430, "aarch64": 430}, 0, 0),
    "starts a process by the newest call": ({"x86_64": 435, "aarch64": 435}, 0, 0),
    "lists the mounts": ({"x86_64": 458, "aarch64": 458}, 0, 0, 0, 0),
    "adds a filter that asks it": ({"x86_64": 317, "aarch64": 277}, 3, 0, 0),
}
HOSTILE = [
    *(OUT_OF_TURN + BROKEN_MESSAGES + CLOCKS_AND_SIGNALS + OUR_CODE + PRETENDING + FOLDERS),
    *(Hostile(name, call(*given), (FINISHED,)) for name, given in KERNEL.items()),
    Hostile(
        "gives the kernel work to do beside it",
        attack(
            """
            number = {'x86_64': 206, 'aarch64': 0}[os.uname().machine]
            context = ctypes.c_ulong(0)
            done = ctypes.CDLL(None, use_errno=True).syscall(number, 8, ctypes.byref(context))
            assert done == 0, ctypes.get_errno()
            """
        ),
        (FINISHED,),
    ),
]


@pytest.fixture(scope="module")
def of_bubblewrap(shut_in: Isolation, tmp_path_factory: pytest.TempPathFactory) -> Ran:
    return run_all(shut_in, tmp_path_factory.mktemp("user"), HOSTILE)


@pytest.fixture(scope="module")
def of_weak(tmp_path_factory: pytest.TempPathFactory) -> Ran:
    return run_all(isolation("weak"), tmp_path_factory.mktemp("user"), [each for each in HOSTILE if each.weak])


@pytest.mark.parametrize("hostile", HOSTILE, ids=lambda each: each.name)
def test_a_program_gains_nothing_when_it(hostile: Hostile, of_bubblewrap: Ran) -> None:
    check(hostile, of_bubblewrap)


@pytest.mark.parametrize("hostile", [each for each in HOSTILE if each.weak], ids=lambda each: each.name)
def test_a_program_under_the_weak_isolation_gains_nothing_when_it(hostile: Hostile, of_weak: Ran) -> None:
    check(hostile, of_weak)


@pytest.mark.parametrize("which", ["of_bubblewrap", "of_weak"])
def test_no_attack_moved_the_clock(which: str, request: pytest.FixtureRequest) -> None:
    ran: Ran = request.getfixturevalue(which)
    again = [each for each in OUT_OF_TURN if "ready" in each.name]
    assert len(again) == 4
    assert {NOT_CHECKABLE} == {ran.outcomes[each.name].end for each in again}
