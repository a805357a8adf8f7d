"""Model options: their types, bounds and defaults, and the precedence when several sources set one."""

import contextlib
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from evaluation.candidate import DEFAULT_NUM_PREDICT, DEFAULT_OPTIONS
from evaluation.errors import ConfigurationError, UnknownNameError
from evaluation.files.number_parsing import read_number

MODELS_OWN = "model"
"""Value that keeps the model's own setting: `temperature=model`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Option:
    """One option by Ollama's name: its type, bounds and documented default."""

    kind: type
    low: float = -math.inf
    high: float = math.inf
    default: Any = None
    """Default of the newest known server; None if left to the server, in which case it is not sent."""
    loads: bool = False
    """A change of it loads the model again."""

    def read(self, name: str, value: Any) -> Any:
        """Return `value` in this option's type.

        Raises:
            ConfigurationError: wrong type or out of bounds, naming the option, the value and what is allowed.
        """
        if self.kind is list:
            return [str(item) for item in value] if isinstance(value, list | tuple) else [str(value)]
        try:
            number = self._number(value)
        except (TypeError, ValueError, OverflowError):
            raise ConfigurationError(f"option {name}={value!r} is not {self._allowed}", self._example(name)) from None
        if not self.low <= number <= self.high:
            raise ConfigurationError(
                f"option {name}={value!r} is out of bounds; allowed: {self._allowed}", self._example(name)
            )
        return number

    def _number(self, value: Any) -> Any:
        if self.kind is bool:
            return _as_bool(value)
        if isinstance(value, bool):
            raise TypeError
        number = read_number(value)
        if self.kind is int and number != int(number):
            raise ValueError
        return self.kind(number)

    def _example(self, name: str) -> str:
        if self.kind is bool:
            return f"For example {name}=true"
        return f"For example {name}={self.default if self.default is not None else max(self.low, 1):g}"

    @property
    def _allowed(self) -> str:
        if self.kind is bool:
            return "true or false"
        noun = "a whole number" if self.kind is int else "a number"
        if math.isinf(self.low) and math.isinf(self.high):
            return noun
        if math.isinf(self.high):
            return f"{noun} of at least {_in_full(self.low)}"
        return f"{noun} from {_in_full(self.low)} to {_in_full(self.high)}"


def _in_full(number: float) -> str:
    return str(int(number)) if number == int(number) else f"{number:g}"


def _as_bool(value: Any) -> bool:
    words = {"true": True, "false": False, "1": True, "0": False, "yes": True, "no": False}
    if isinstance(value, bool):
        return value
    if str(value).lower() in words:
        return words[str(value).lower()]
    raise ValueError


OPTIONS: Mapping[str, Option] = {
    "temperature": Option(kind=float, low=0, high=10, default=0.8),
    "top_k": Option(kind=int, low=0, default=40),
    "top_p": Option(kind=float, low=0, high=1, default=0.9),
    "min_p": Option(kind=float, low=0, high=1, default=0.0),
    "typical_p": Option(kind=float, low=0, high=1, default=1.0),
    "repeat_penalty": Option(kind=float, low=0, high=10, default=1.0),
    "repeat_last_n": Option(kind=int, low=-1, default=64),
    "presence_penalty": Option(kind=float, low=-2, high=2, default=0.0),
    "frequency_penalty": Option(kind=float, low=-2, high=2, default=0.0),
    "num_predict": Option(kind=int, low=1, default=DEFAULT_NUM_PREDICT),
    "num_keep": Option(kind=int, low=-1, default=4),
    "stop": Option(kind=list, default=()),
    "num_ctx": Option(kind=int, low=16, high=16_777_216, default=4096, loads=True),
    "num_batch": Option(kind=int, low=1, loads=True),
    "num_gpu": Option(kind=int, low=-1, loads=True),
    "main_gpu": Option(kind=int, low=0, loads=True),
    "num_thread": Option(kind=int, low=0, loads=True),
    "use_mmap": Option(kind=bool, loads=True),
    "draft_num_predict": Option(kind=int, low=0, loads=True),
}
"""Every option that a candidate may set. `seed` belongs to the run (`--seed`) and is derived for each case."""


def read_options(options: Mapping[str, Any]) -> dict[str, Any]:
    """Return the options a user gave, each in its type.

    Raises:
        UnknownNameError: no such option.
        ConfigurationError: a value of the wrong type or out of bounds.
    """
    checked: dict[str, Any] = {}
    for name, value in options.items():
        if name == "seed":
            raise ConfigurationError(
                "option seed is derived for each case from the run's seed", "Give the run's seed with --seed."
            )
        if name not in OPTIONS:
            raise UnknownNameError("option", name, OPTIONS)
        checked[name] = MODELS_OWN if value == MODELS_OWN else OPTIONS[name].read(name, value)
    return checked


def candidate_options(options: Mapping[str, Any]) -> dict[str, Any]:
    """Return the options in a candidate's fingerprint: the user's explicit ones over the defaults for candidates."""
    return {**DEFAULT_OPTIONS, **read_options(options)}


def effective_options(
    candidate: Mapping[str, Any], *, benchmark: Mapping[str, Any], model: Mapping[str, Any]
) -> dict[str, Any]:
    """Return every option that can change an answer, with its value for one candidate on one benchmark.

    The order, weakest first: the newest known server's documented default, the model's own parameters, the
    benchmark's, the candidate's. The model's own stop words always stay: a server replaces them by those of a request.

    Args:
        candidate: `candidate_options(...)`.
        benchmark: The benchmark's options.
        model: The model's own parameters.
    """
    own = _usable_parameters(model)
    defaults = {name: option.default for name, option in OPTIONS.items() if option.default is not None}
    weak = {**defaults, **own}
    chosen = {name: weak.get(name) if value == MODELS_OWN else value for name, value in candidate.items()}
    effective = {
        **weak,
        **read_options(benchmark),
        **{name: value for name, value in chosen.items() if value is not None},
    }
    effective["stop"] = list(dict.fromkeys([*own.get("stop", ()), *effective.get("stop", ())]))
    return dict(sorted(effective.items()))


def says_length(candidate: Mapping[str, Any], *, benchmark: Mapping[str, Any], model: Mapping[str, Any]) -> bool:
    """Check whether the candidate, the benchmark or the model limits the length of an answer."""
    chosen = candidate.get("num_predict")
    own = "num_predict" in _usable_parameters(model)
    return "num_predict" in benchmark or own or chosen not in (None, MODELS_OWN)


def _usable_parameters(model: Mapping[str, Any]) -> dict[str, Any]:
    """Return a model's own parameters that apply, without its context and values that users may not set.

    One such value is `num_predict` -1.
    """
    own: dict[str, Any] = {}
    for name, value in model.items():
        if name in OPTIONS and name != "num_ctx":
            with contextlib.suppress(ConfigurationError):
                own[name] = OPTIONS[name].read(name, value)
    return own


def load_options(effective: Mapping[str, Any]) -> dict[str, Any]:
    """Return those of the effective options whose change would load the model again."""
    return {name: value for name, value in effective.items() if name in OPTIONS and OPTIONS[name].loads}
