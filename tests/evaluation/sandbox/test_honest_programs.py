"""An honest program gets the verdict that it would get if its tests were run in its own interpreter."""
# ruff: noqa: E501  (a program and its test are a line of a table)

import os
import sys
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import pytest

from evaluation.program import ProgramEnd, ProgramOutcome
from evaluation.sandbox.inside.channel import Channel, GoneError, read_frame
from evaluation.sandbox.inside.checker import Checker, called
from evaluation.sandbox.inside.exchanges import CheckerExchange
from evaluation.sandbox.inside.program import Served
from evaluation.sandbox.inside.shared import Shared
from evaluation.sandbox.inside.values import Decoder, PlainOnly

Run = Callable[..., ProgramOutcome]

CLASSES = """
class Tally:
    def __init__(self): self.votes = []
    def vote(self, name): self.votes.append(name); return self
    def count(self, name): return self.votes.count(name)
    def __len__(self): return len(self.votes)
    def __getitem__(self, place): return self.votes[place]
    def __str__(self): return ", ".join(self.votes)
    def __enter__(self): return self
    def __exit__(self, *error): self.votes.clear(); return True
    def __add__(self, other):
        both = Tally(); both.votes = self.votes + other.votes; return both
"""

HOLDS = [
    ("a plain function", "def f(x): return x * 2", "assert f(2) == 4 and f('a') == 'aa'"),
    ("keyword arguments", "def f(a, *, b=1): return a - b", "assert f(3) == 2 and f(a=3, b=2) == 1"),
    ("a huge number", "def f(n): return n ** n", "assert f(5000) == 5000 ** 5000 and f(-3) == (-3) ** -3"),
    ("numbers that are none", "def f(x): return x", "assert str(f(float('nan'))) == 'nan' and f(float('-inf')) < 0"),
    ("minus nothing", "def f(x): return -x", "assert str(f(0.0)) == '-0.0'"),
    ("half a character", "def f(x): return x + '\\udc80'", "assert f('\\ud800\\U0001f600') == '\\ud800\\U0001f600\\udc80'"),
    ("plain values of every kind", "def f(x): return x", "x = (1j, b'\\0', None, {1: {2}}, [..., ()], {'a'}, frozenset({3}), True, 7)\nassert f(x) == x and f(x)[7] is True"),
    ("a byte array", "def f(x): x.append(1); return x", "x = bytearray(b'a'); assert f(x) is x and x == b'a\\x01'"),
    ("a range and a slice", "def f(x): return x", "assert f(range(3)) == range(3) and [1, 2][f(slice(1))] == [1]"),
    ("library values", "def f(x): return x", "import datetime, decimal, fractions\nx = [decimal.Decimal('1.10'), fractions.Fraction(1, 3), datetime.datetime(2024, 2, 29, 1, 2, tzinfo=datetime.timezone.utc), datetime.date(2024, 1, 1), datetime.time(3, 4), datetime.timedelta(-1, 5)]\nassert f(x) == x and list(map(type, f(x))) == list(map(type, x))"),
    ("a counter", "from collections import Counter\ndef f(x): return Counter(x)", "assert f('aab') == {'a': 2, 'b': 1} and f('aab').most_common(1) == [('a', 2)]"),
    ("other dictionaries", "from collections import *\ndef f(x): d = defaultdict(list); d[x].append(x); return d, OrderedDict({2: 1, 1: 2}), deque([x])", "d, o, q = f(1)\nassert d == {1: [1]} and list(o) == [2, 1] and q.popleft() == 1"),
    ("a named tuple", "from collections import namedtuple\nP = namedtuple('P', 'x y')\ndef f(x): return P(x, 2)", "assert f(1) == (1, 2) and f(1).y == 2"),
    ("keys and items", "def f(d): return d.keys(), d.values(), d.items()", "k, v, i = f({1: 2})\nassert k == {1} and list(v) == [2] and list(i) == [(1, 2)] and k != [1]"),
    ("an enumeration of numbers", "from enum import IntEnum\nclass E(IntEnum): A = 3\ndef f(): return E.A", "assert f() == 3"),
    ("a generator", "def f(n):\n    for i in range(n): yield i", "assert list(f(3)) == [0, 1, 2]"),
    ("a generator without end", "def f():\n    n = 0\n    while True:\n        yield n\n        n += 1", "g = f(); assert [next(g), next(g), next(g)] == [0, 1, 2]"),
    ("an iterator as an argument", "def f(x): return sum(x)", "assert f(n for n in range(4)) == 6 and f(map(int, '12')) == 3"),
    ("sorting in place", "def f(x): x.sort()", "x = [3, 1, 2]; assert f(x) is None and x == [1, 2, 3]"),
    ("changes deep inside", "def f(x): x['a'][0].add(4); del x['b']", "x = {'a': [{1}], 'b': 2}; f(x); assert x == {'a': [{1, 4}]}"),
    ("the same list twice", "def f(a, b): a.append(1); return a is b", "x = []; assert f(x, x) and x == [1] and not f([], [])"),
    ("a list that holds itself", "def f(x): x.append(x); return x", "x = f([]); assert x[0] is x"),
    ("an argument given back", "def f(x): return x", "x = [1]; assert f(x) is x"),
    ("a list that the program keeps", "kept = []\ndef f(x): kept.append(x); return kept", "x = [1]; k = f(x); x.append(2); assert f([])[0] == [1, 2] and k[0] is x"),
    ("a result that the test changes", "held = [1]\ndef f(): return held", "f().append(2); assert f() == [1, 2]"),
    ("a default that is shared", "def f(x, to=[]): to.append(x); return to", "a = f(1); assert f(2) is a and a == [1, 2]"),
    ("functions that are returned", "def f(ns): return [lambda x, n=n: x * n for n in ns]", "assert [g(10) for g in f([2, 3])] == [20, 30]"),
    ("functions that are handed over", "def f(g, h): return lambda x: g(h(x))", "assert f(lambda x: x + 1, str.upper and len)('abc') == 4 and f(str.upper, str.strip)(' a ') == 'A'"),
    ("a function that calls back", "def f(g, n): return [g(i) for i in range(n)]", "seen = []\nassert f(lambda i: seen.append(i) or i * 2, 3) == [0, 2, 4] and seen == [0, 1, 2]"),
    ("a sort key", "def f(xs, key): return sorted(xs, key=key)", "assert f(['bb', 'a'], len) == ['a', 'bb'] and f([1, 2], lambda x: -x) == [2, 1]"),
    ("a callback's exception", "def f(g):\n    try:\n        g()\n    except KeyError as e:\n        return e.args[0]", "def g(): raise KeyError('k')\nassert f(g) == 'k'"),
    ("a class as an argument", "def f(kind, x): return kind(x)", "assert f(int, '3') == 3 and f(list, 'ab') == ['a', 'b'] and f(str, 1) == '1'"),
    ("a class that is returned", "def f(): return int", "assert f() is int"),
    ("objects", CLASSES, "t = Tally(); t.vote('a').vote('b'); assert t.count('a') == 1 and len(t) == 2 and t[1] == 'b' and str(t) == 'a, b'"),
    ("objects are themselves", CLASSES, "t = Tally(); assert t.vote('a') is t and t == t and t in [t] and {t: 1}[t] == 1"),
    ("objects together", CLASSES, "assert len(Tally().vote('a') + Tally().vote('b')) == 2"),
    ("objects with a block", CLASSES, "t = Tally().vote('a')\nwith t as u: u.vote('b')\nassert len(t) == 0"),
    ("an object's attributes", CLASSES, "t = Tally(); t.votes.append('z'); t.name = 'x'; assert t.count('z') == 1 and t.name == 'x' and not hasattr(t, 'y')"),
    ("objects as arguments", CLASSES + "def f(t): return t.votes", "t = Tally().vote('a'); assert f(t) == ['a'] and f(t) is t.votes"),
    ("a truth", "import re\ndef f(x): return re.match('a', x)", "assert f('abc') and not f('b')"),
    ("an exception", "def f(x): raise ValueError(f'no {x}')", "try:\n    f(1)\n    raise SystemExit\nexcept ValueError as e:\n    assert str(e) == 'no 1'"),
    ("a library's exception", "import json\ndef f(x): return json.loads(x)", "try:\n    f('{')\n    raise SystemExit\nexcept ValueError:\n    pass"),
    ("an exception of its own", "class Odd(ArithmeticError): pass\ndef f(x): raise Odd(x, 2)", "try:\n    f(1)\n    raise SystemExit\nexcept Odd as e:\n    assert e.args == (1, 2)\ntry:\n    f(1)\nexcept ArithmeticError: pass"),
    ("an exception that must not be made anew", "def f(): b'\\xff'.decode()", "try:\n    f()\n    raise SystemExit\nexcept UnicodeDecodeError: pass"),
    ("a function that is called as a module is", "def copy(x): return x * 2", "assert copy(4) == 8"),
    ("a class that is called as a module is", "class queue:\n    def __init__(self): self.held = []\n    @staticmethod\n    def of(*xs): q = queue(); q.held += xs; return q\n    def first(self): return self.held[0]", "assert queue.of(1, 2).first() == 1"),
    ("a library's class that is called as its module is", "from datetime import datetime\ndef f(): return 1", "assert datetime.strptime('2020', '%Y').year == 2020 and f() == 1"),
    ("a library that the program imports for the tests", "import math\ndef f(): return 1.0", "assert math.isclose(f(), 1)"),
    ("prints", "def f(x): print('working', x); return x", "assert f(1) == 1"),
    ("a data class", "from dataclasses import dataclass\n@dataclass\nclass P:\n    x: int\ndef f(x): return P(x)", "assert f(3).x == 3 and repr(f(3)) == 'P(x=3)'"),
    ("the main block is not run", "def f(): return 1\nif __name__ == '__main__':\n    raise SystemExit", "assert f() == 1"),
    ("an import that the test leaves to the program", "import math\ndef f(): return math.pi", "assert math.isclose(f(), 3.14159, rel_tol=1e-3)"),
    ("threads", "import threading\ndef f():\n    got = []\n    t = threading.Thread(target=got.append, args=(1,)); t.start(); t.join(); return got", "assert f() == [1]"),
    ("its own folder", "def f(x):\n    open('a', 'w').write(x)\n    return open('a').read()", "assert f('hello') == 'hello'"),
    ("a long list", "def f(n): return list(range(n))", "assert f(200_000) == list(range(200_000))"),
    ("an unused wide result", "def f(n): return [[i] for i in range(n)]", "for _ in range(20): assert len(f(200)) == 200"),
]  # fmt: skip


@pytest.mark.parametrize(("source", "test"), [each[1:] for each in HOLDS], ids=[each[0] for each in HOLDS])
def test_a_right_program_passes_with(run: Run, source: str, test: str) -> None:
    outcome = run(source, test)
    assert ((True,), ProgramEnd.FINISHED, "") == (outcome.passed, outcome.end, outcome.message)
    assert outcome.isolation in ("bubblewrap", "weak")
    assert outcome.duration_s > 0


@pytest.mark.parametrize(
    ("source", "test", "end", "message"),
    [
        ("def f(): return 1", "assert f() == 2", "finished", "AssertionError: assert f() == 2"),
        ("def f(): return 1", "x = 3\nassert f() == x, 'not three'", "finished", "AssertionError: assert f() == x, 'not three': not three"),
        ("def f(: pass", "assert f()", "syntax_error", "SyntaxError: "),
        ("return 1", "assert f()", "syntax_error", "SyntaxError: 'return' outside function"),
        ("1 / 0", "assert f()", "raised", "ZeroDivisionError: division by zero"),
        ("", "assert f()", "finished", "NameError: name 'f' is not defined"),
        ("def f(): return missing", "assert f()", "finished", "NameError: name 'missing' is not defined"),
        ("f = 3", "assert f()", "finished", "TypeError: 'int' object is not callable"),
        ("def f(): return object()", "assert f() == 1", "not_checkable", "the test compares an object of type 'object', which is no plain value"),
        ("def f(): return [[0] * 10_000] * 10_000 and bytes(20_000_000)", "assert f()", "not_checkable", "the answer is a value of more than 16000000 bytes"),
        ("def f(x): return x", "f(object())", "not_checkable", "the test hands over a value of type 'object'"),
        ("def f(x):\n    for _ in range(500): x = [x]\n    return x", "f(1)", "not_checkable", "the answer is a value nested more than 200 deep"),
        ("def f(): return 1", "while True: f()", "timed_out", "no end after 0.5 s"),
        ("def f(): return 1", "import os; os._exit(0)", "crashed", "the tests' interpreter ended before the tests"),
        ("def f(): return 1", "assert f(", "finished", "SyntaxError: "),
    ],
)  # fmt: skip
def test_a_wrong_program_is_told_what_it_failed_by(run: Run, source: str, test: str, end: str, message: str) -> None:
    outcome = run(source, test, timeout_s=0.5 if end == "timed_out" else 60.0)
    assert ((False,), end) == (outcome.passed, outcome.end)
    assert outcome.message.startswith(message)


def test_every_test_counts_for_itself_and_the_first_failure_is_told(run: Run) -> None:
    outcome = run("def f(x): return x", "assert f(1) == 1", "assert f(1) == 2", "assert f(3) == 4", "assert f(2) == 2")
    assert ((True, False, False, True), "AssertionError: assert f(1) == 2") == (outcome.passed, outcome.message)


def test_tests_that_were_not_reached_are_not_passed(run: Run) -> None:
    source = "import os\ndef f(x):\n    return x if x < 2 else os._exit(0)"
    outcome = run(source, "assert f(1) == 1", "assert f(2) == 2", "assert f(1) == 1")
    assert ((True, False, False), "crashed") == (outcome.passed, outcome.end)


def test_tests_share_one_namespace_and_one_state(run: Run) -> None:
    source = "seen = []\ndef f(x): seen.append(x); return len(seen)"
    assert (True, True) == run(source, "n = f(0); assert n == 1", "assert f(0) == n + 1").passed


def test_a_program_without_tests_finishes(run: Run) -> None:
    assert ((), "finished") == (run("x = 1").passed, run("x = 1").end)


HUMAN_EVAL = (
    "import math\n\ndef poly(xs, x):\n    return sum(c * math.pow(x, i) for i, c in enumerate(xs))\n\ndef f(xs):\n"
)
CHECK = "METADATA = {}\ndef check(candidate):\n    assert abs(poly([1, 2], candidate([1, 2]))) < 1e-4\n\ncheck(f)"


def test_helpers_of_the_prompt_are_the_tests_own(run: Run) -> None:
    setup = HUMAN_EVAL + "    pass\n"
    right = HUMAN_EVAL + "    return -xs[0] / xs[1]\n"
    forged = right.replace("-xs[0] / xs[1]", "0") + "\ndef poly(xs, x):\n    return 0\n"
    assert (True,) == run(right, CHECK, entry_point="f", setup=setup).passed
    assert (False,) == run(forged, CHECK, entry_point="f", setup=setup).passed


def test_a_setup_may_build_on_classes_of_the_program(run: Run) -> None:
    source = (
        "class Node:\n    def __init__(self, data): self.data, self.left, self.right = data, None, None\n"
        "def height(node): return 0 if node is None else 1 + max(height(node.left), height(node.right))"
    )
    setup = "root = Node(1)\nroot.left = Node(2)\nroot.left.left = Node(3)"
    assert (True,) == run(source, "assert (height(root)) == 3", setup=setup).passed


def test_a_setup_that_fails_fails_every_test(run: Run) -> None:
    outcome = run("def f(): return 1", "assert f() == 1", setup="import numpy")
    assert ((False,), "ModuleNotFoundError: No module named 'numpy'") == (outcome.passed, outcome.message)


def test_objects_of_a_class_of_the_setup_are_values_on_both_sides(run: Run) -> None:
    setup = (
        "class Pair:\n    def __init__(self, a, b): self.a, self.b = a, b\n"
        "    def __eq__(self, other): return (self.a, self.b) == (other.a, other.b)"
    )
    source = "def flip(pair): return Pair(pair.b, pair.a)\ndef wipe(pair): pair.a = 0\ndef kind(): return Pair"
    tests = (
        "assert flip(Pair(1, [2])) == Pair([2], 1)",
        "p = Pair(1, 2); wipe(p); assert p == Pair(0, 2)",
        "assert kind() is Pair",
    )
    assert (True, True, True) == run(source, *tests, setup=setup).passed


def test_an_object_of_a_class_of_the_setup_does_not_bring_its_own_comparison(run: Run) -> None:
    setup = "class Pair:\n    def __init__(self, a): self.a = a\n    def __eq__(self, other): return self.a == other.a"
    source = "Pair.__eq__ = lambda self, other: True\ndef f(): return Pair(0)"
    assert (False,) == run(source, "assert f() == Pair(1)", setup=setup).passed


def test_a_function_of_the_setup_does_not_stand_in_for_a_missing_one(run: Run) -> None:
    outcome = run("def g(): return 1", "assert f() == 1", setup="def f(): return 1", entry_point="f")
    assert ((False,), "NameError: name 'f' is not defined") == (outcome.passed, outcome.message)


IN_ONE_PROCESS = [each for each in HOLDS if each[0] not in ("its own folder", "prints")]


@pytest.mark.parametrize(
    ("source", "test"), [each[1:] for each in IN_ONE_PROCESS], ids=[each[0] for each in IN_ONE_PROCESS]
)
def test_the_two_sides_agree_where_both_are_threads_of_one_process_on(
    source: str, test: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert [("test", True, "", ""), ("end",)] == _verdicts(source, (test,), monkeypatch)


def test_the_sides_say_what_went_wrong_in_one_process_too(monkeypatch: pytest.MonkeyPatch) -> None:
    tests = (
        "assert f() == 1",
        "f().x == 2",
        "f().isdigit()",
        "f() + 1",
        "f() < 1",
        "f(open)",
        "f(object())",
        "g()",
        "assert f(",
    )
    found = _verdicts("class A: pass\ndef f(*x): return A()", tests, monkeypatch)
    assert ["not checkable"] == [each[2] for each in found[:1]]
    assert ["failed", *["not checkable"] * 3, "", "not checkable", "failed", "failed"] == [
        each[2] for each in found[1:-1]
    ]
    assert [("failed", "syntax", "SyntaxError: invalid syntax (<program>, line 1)")] == _verdicts(
        "1 +", tests, monkeypatch
    )
    assert [("failed", "MemoryError", "MemoryError: no")] == _verdicts("raise MemoryError('no')", tests, monkeypatch)


def _verdicts(source: str, tests: tuple[str, ...], monkeypatch: pytest.MonkeyPatch) -> list[tuple[Any, ...]]:
    """What the checker says, with the program in another thread of this process."""
    monkeypatch.setitem(sys.modules, "program", None)
    (program_reads, checker_writes), (checker_reads, program_writes), (hears, says) = os.pipe(), os.pipe(), os.pipe()
    served = Served(source, "", None)
    side = Channel(program_reads, program_writes, served.exchange, served.perform, shared=Shared(1))
    served.exchange.line = side
    thread = threading.Thread(target=_serve, args=(side,))
    thread.start()
    namespace: dict[str, Any] = {"__name__": "program"}
    exchange = CheckerExchange(namespace)
    line = Channel(checker_reads, checker_writes, exchange, called, shared=Shared(0))
    exchange.line = line
    Checker({"tests": tests, "setup": "", "entry_point": None}, line, namespace, says).check()
    for file in (checker_writes, says):
        os.close(file)
    thread.join()
    found = []
    with suppress(GoneError):
        while True:
            found.append(Decoder(PlainOnly(), read_frame(hears)).decoded())
    for file in (program_reads, program_writes, checker_reads, hears):
        os.close(file)
    return found


def _serve(side: Channel) -> None:
    with suppress(GoneError):
        side.serve()
