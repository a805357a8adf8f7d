"""An object of the program is never asked what would make it the judge of its own answer; honest classes are free."""

import pytest

from .conftest import Run

LIAR = (
    "class Liar:\n    def __init__(self, answer): self.answer = answer\n"
    "    def __getattr__(self, name): return lambda *given: given[0] if self.answer == 'given' else self.answer\n"
    "def f(): return Liar({answer!r})\n"
)
JUDGED = [
    ("set()", "not f().symmetric_difference({1, 2})"),
    ("set()", "len(f().difference({1, 2})) == 0"),
    ("'given'", "f().union({1, 2}) == {1, 2}"),
    ("'given'", "f().intersection({1, 2}) == {1, 2}"),
    ("1", "f().count(55) == 1"),
    ("0", "f().index(55) == 0"),
    ("0", "f().find('abc') == 0"),
    ("True", "f().equals(55)"),
    ("''", "f().replace('abc', '') == ''"),
    ("''", "f().removeprefix('abc') == ''"),
    ("['', '']", "f().split('abc') == ['', '']"),
]
NODE = (
    "class Node:\n    def __init__(self, value, next=None): self.value, self.next = value, next\n"
    "    def same(self, other):\n"
    "        return self.value == other.value and (self.next.same(other.next) if self.next else other.next is None)\n"
)
HONEST = [
    (
        "class Inventory:\n    def __init__(self, *names): self.names = names\n"
        "    def count(self, name): return self.names.count(name)\n"
        "    def find(self, name): return name in self.names\n",
        "assert Inventory('nut', 'nut').count('nut') == 2 and not Inventory().find('nut')",
    ),
    (
        "class Bag:\n    def __init__(self, held=()): self.held = frozenset(held)\n"
        "    @classmethod\n    def of(cls, *held): return cls(held)\n"
        "    def union(self, other): return Bag(self.held | other.held)\n    def index(self, each): return 7\n",
        "bag = Bag.of(1).union(Bag([2]))\nassert bag.held == {1, 2} and Bag.of(1).index(1) == 7",
    ),
    (
        "class Tree:\n    count = 3\n    def depth(self, of): return of + 1\ndef grow(): return Tree()\n",
        "tree = grow()\nassert tree.count == 3 and tree.depth(1) == 2",
    ),
    ("def adder(n): return lambda m: n + m\n", "assert adder(3)(4) == 7"),
]


@pytest.mark.parametrize(("answer", "test"), JUDGED, ids=[test for _, test in JUDGED])
def test_an_object_that_a_function_gave_does_not_answer_for_a_plain_value(run: Run, answer: str, test: str) -> None:
    source = LIAR.replace("{answer!r}", answer)
    outcome = run(source, f"assert {test}", entry_point="f")
    assert ((False,), "not_checkable") == (outcome.passed, outcome.end)
    assert "asks an object of type 'Liar' itself" in outcome.message


def test_a_class_that_answers_like_a_function_is_asked_nothing_either(run: Run) -> None:
    source = "class f:\n    def __init__(self): pass\n    def difference(self, other): return set()\n"
    assert (False,) == run(source, "assert not f().difference({1})", entry_point="f").passed


def test_a_function_in_the_place_of_a_method_is_not_asked(run: Run) -> None:
    source = "class Liar:\n    equals = bool\ndef f(): return Liar()\n"
    assert (False,) == run(source, "assert f().equals(55)", entry_point="f").passed


def test_an_object_does_not_answer_for_one_of_a_class_of_the_setup(run: Run) -> None:
    source = (
        "class Liar:\n    value, next = 6, None\n    def same(self, other): return True\n"
        "def f(): return Node(5, Liar())\ndef g(): return Liar()\ndef h(): return Node(5, Node(6))\n"
    )
    tests = ("assert f().same(Node(5, Node(7)))", "assert g().same(Node(1))", "assert h().same(Node(5, Node(6)))")
    assert (False, False, True) == run(source, *tests, setup=NODE).passed


@pytest.mark.parametrize(("source", "test"), HONEST)
def test_methods_of_a_class_under_test_are_free(run: Run, source: str, test: str) -> None:
    outcome = run(source, test)
    assert ((True,), "") == (outcome.passed, outcome.message)
