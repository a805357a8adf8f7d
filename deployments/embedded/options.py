"""The model options, their types and their defaults, as in a real Ollama."""

import re
from collections.abc import Mapping
from typing import Any

from deployments.embedded.engine import LoadOptions, ServedModel
from deployments.embedded.replies import WireError

DEFAULT_NUM_CTX = 4096
_INTEGERS = {
    "seed": -1,
    "num_predict": -1,
    "top_k": 40,
    "num_keep": 4,
    "repeat_last_n": 64,
    "num_ctx": DEFAULT_NUM_CTX,
    "num_batch": 512,
    "num_gpu": -1,
    "main_gpu": 0,
    "num_thread": 0,
    "draft_num_predict": 0,
}
_FLOATS = {
    "temperature": 0.8,
    "top_p": 0.9,
    "min_p": 0.0,
    "typical_p": 1.0,
    "repeat_penalty": 1.0,
    "presence_penalty": 0.0,
    "frequency_penalty": 0.0,
}
_GO_UNITS = {"ns": 1e-9, "us": 1e-6, "µs": 1e-6, "ms": 1e-3, "s": 1.0, "m": 60.0, "h": 3600.0}
_GO_DURATION = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:ns|us|µs|ms|s|m|h)")
_FOR_EVER_S = 9.2e9


def full_options(requested: Any, model: ServedModel) -> dict[str, Any]:
    """Return every option with its value: the request's, else the model's own, else the default.

    Unknown options are dropped.

    Raises:
        WireError: one has a value of the wrong type.
    """
    if requested is not None and not isinstance(requested, Mapping):
        raise WireError(400, "json: cannot unmarshal options into Go struct field of type map[string]interface {}")
    options: dict[str, Any] = {**_INTEGERS, **_FLOATS, "stop": (), **model.own_options}
    for name, value in (requested or {}).items():
        if name in _INTEGERS:
            options[name] = _integer(name, value)
        elif name in _FLOATS:
            options[name] = _float(name, value)
        elif name == "stop":
            options[name] = _stops(value)
        elif name == "use_mmap" and not isinstance(value, bool | None):
            raise WireError(500, f'option "{name}" must be of type boolean')
    options["num_predict"] = _capped(options["num_predict"], options["num_ctx"])
    return options


def load_options(options: Mapping[str, Any], model: ServedModel, *, shift: bool) -> LoadOptions:
    """Return the part of `options` that is fixed when a model is loaded."""
    return LoadOptions(
        num_ctx=max(4, min(options["num_ctx"], model.trained_context)),
        num_thread=max(0, options["num_thread"]),
        num_batch=max(32, options["num_batch"]),
        shift=shift,
    )


def keep_alive_s(value: Any) -> float | None:
    """Return the seconds; negative means for ever; None where the request has none.

    Raises:
        WireError: not a number and not a Go duration such as `10m`.
    """
    if value is None:
        return None
    if isinstance(value, int | float) and not isinstance(value, bool):
        seconds = float(value)
    elif isinstance(value, str):
        seconds = _go_duration_s(value)
    else:
        raise WireError(400, f"keep_alive must be a number or a duration, not {value!r}")
    return seconds if 0 <= seconds < _FOR_EVER_S else _FOR_EVER_S


def _go_duration_s(text: str) -> float:
    body = text.lstrip("+-")
    pieces = _GO_DURATION.findall(body)
    if text.strip() in ("0", "-0", "+0"):
        return 0.0
    if not pieces or "".join(pieces) != body:
        raise WireError(400, f'time: invalid duration "{text}"')
    total = 0.0
    for piece in pieces:
        number = piece.rstrip("nuµmsh")
        total += float(number) * _GO_UNITS[piece[len(number) :]]
    return -total if text.startswith("-") else total


def _capped(num_predict: int, num_ctx: int) -> int:
    """Limit an answer without a limit to ten times the model's context."""
    cap = 10 * num_ctx
    return min(num_predict, cap) if num_predict > 0 else cap


def _integer(name: str, value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise WireError(500, f'option "{name}" must be of type integer')
    return int(value)


def _float(name: str, value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise WireError(500, f'option "{name}" must be of type float32')
    return float(value)


def _stops(value: Any) -> tuple[str, ...]:
    stops = [value] if isinstance(value, str) else value
    if not isinstance(stops, list) or not all(isinstance(stop, str) for stop in stops):
        raise WireError(500, 'option "stop" must be of type array')
    return tuple(stop for stop in stops if stop)
