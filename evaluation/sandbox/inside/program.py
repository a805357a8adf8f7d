"""The program process, which runs model-written code and serves the tests' calls without knowing the tests."""

from __future__ import annotations

import operator
import os
import sys
from types import ModuleType

from evaluation.sandbox.inside.channel import Channel, GoneError, UnreadableError
from evaluation.sandbox.inside.errors import described
from evaluation.sandbox.inside.exchanges import PROGRAM, ProgramExchange, setup_classes
from evaluation.sandbox.inside.limits import apply_limits, close_input, read_to_end
from evaluation.sandbox.inside.shared import Shared
from evaluation.sandbox.inside.stand_ins import CALCULATED
from evaluation.sandbox.inside.values import Decoder, PlainOnly

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


class Served:
    """A program, loaded or not, and the requests that it serves."""

    def __init__(self, source: str, setup: str, entry_point: str | None) -> None:
        module = ModuleType(PROGRAM)
        # As where the benchmarks' own harnesses run a program: `if __name__ == "__main__"` is not.
        sys.modules[PROGRAM] = module
        self.namespace = vars(module)
        self.exchange = ProgramExchange(self.namespace)
        self._source, self._setup, self._entry_point = source, setup, entry_point
        self._operations: dict[str, Any] = {
            **{name: getattr(operator, f"__{name}__") for name in CALCULATED},
            **{each.__name__: each for each in (getattr, setattr, delattr, len, iter, next, abs)},
            **{each.__name__: each for each in (str, repr, bool, int, float)},
            **{name: getattr(operator, f"__{name}__") for name in ("getitem", "setitem", "delitem", "index", "neg")},
            "enter": lambda target: target.__enter__(),
            "exit": lambda target, *error: target.__exit__(*error),
            "call": lambda target, *args, **kwargs: target(*args, **kwargs),
            "load": self.load,
            "name": self.name,
        }

    def perform(self, operation: str, *args: Any, **kwargs: Any) -> Any:
        """Perform an operation and return its result."""
        return self._operations[operation](*args, **kwargs)

    def load(self) -> tuple[str, Any]:
        """Return `loaded`, or what went wrong with the exception as text."""
        # A setup may need what only the program defines; then it is the tests' alone.
        _run_quietly(self._setup, self.namespace)
        self.namespace.pop(self._entry_point or "", None)  # a setup may hold its head
        self.exchange.setup_names = setup_classes(self.namespace)
        try:
            code = compile(self._source, "<program>", "exec", dont_inherit=True)
        except BaseException as error:
            return "syntax", described(error)
        try:
            exec(code, self.namespace)  # noqa: S102
        except BaseException as error:
            return "raised", described(error)
        return "loaded", None

    def name(self, name: str) -> tuple[str, Any]:
        """Return what a name stands for in the program.

        `nothing`, `module`, `error` with the names of its classes, or `value`.
        """
        if name not in self.namespace:
            return "nothing", None
        value = self.namespace[name]
        if isinstance(value, ModuleType):
            return "module", value.__name__
        if isinstance(value, type) and issubclass(value, BaseException):
            return "error", tuple(kind.__name__ for kind in value.__mro__)
        return "value", value


def _run_quietly(source: str, namespace: dict[str, Any]) -> None:
    try:
        exec(compile(source, "<setup>", "exec", dont_inherit=True), namespace)  # noqa: S102
    except BaseException:
        return


def main() -> None:
    """Run until the tests have finished with the program."""
    _, reads, writes = sys.argv[:3]
    job = Decoder(PlainOnly(), read_to_end(0)).decoded()
    apply_limits(job["limits"])
    close_input()
    sys.argv = [PROGRAM]
    served = Served(job["source"], job["setup"], job["entry_point"])
    line = Channel(int(reads), int(writes), served.exchange, served.perform, shared=Shared(1))
    served.exchange.line = line
    try:
        line.ask("ready")
        line.serve()
    except (GoneError, UnreadableError):
        os._exit(0)
