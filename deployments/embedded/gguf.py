"""The header of a GGUF file: keys, and the name, type and shape of each tensor. No weights are read."""

import struct
from collections.abc import Mapping
from dataclasses import dataclass
from math import prod
from pathlib import Path
from typing import Any, BinaryIO

from evaluation.errors import ConfigurationError

_NUMBERS = {0: "<B", 1: "<b", 2: "<H", 3: "<h", 4: "<I", 5: "<i", 6: "<f", 7: "<?", 10: "<Q", 11: "<q", 12: "<d"}
_STRING, _ARRAY = 8, 9
_TENSOR_TYPES = {0: "F32", 1: "F16", 2: "Q4_0", 3: "Q4_1", 6: "Q5_0", 7: "Q5_1", 8: "Q8_0", 12: "Q4_K", 14: "Q6_K"}
_FILE_TYPES = {0: "F32", 1: "F16", 2: "Q4_0", 3: "Q4_1", 7: "Q8_0", 8: "Q5_0", 9: "Q5_1", 15: "Q4_K_M", 18: "Q6_K"}


@dataclass(frozen=True, slots=True, kw_only=True)
class GgufHeader:
    """Metadata of a model file."""

    keys: Mapping[str, Any]
    """Values by key; None for an array (vocabularies are long and not needed here)."""
    tensors: tuple[tuple[str, str, tuple[int, ...]], ...]
    """Name, type and shape of each tensor."""

    @property
    def n_parameters(self) -> int:
        """Number of weights in all tensors."""
        return sum(prod(shape) for _, _, shape in self.tensors)

    @property
    def quantization(self) -> str:
        """Main tensor type of the file as Ollama writes it; `unknown` for a rare one."""
        return _FILE_TYPES.get(self.keys.get("general.file_type", -1), "unknown")

    def of_architecture(self, key: str) -> Any:
        """Return the value of `<architecture>.key`."""
        return self.keys[f"{self.keys['general.architecture']}.{key}"]


def read_header(path: Path) -> GgufHeader:
    """Return the header of the file at `path`.

    Raises:
        ConfigurationError: it is not a GGUF file of version 2 or 3.
    """
    with path.open("rb") as file:
        if file.read(4) != b"GGUF" or _number(file, 4) not in (2, 3):
            raise ConfigurationError(f"{str(path)!r} is not a GGUF file of version 2 or 3")
        n_tensors, n_keys = _number(file, 10), _number(file, 10)
        keys = {_text(file): _value(file, _number(file, 4)) for _ in range(n_keys)}
        return GgufHeader(keys=keys, tensors=tuple(_tensor(file) for _ in range(n_tensors)))


def _number(file: BinaryIO, kind: int) -> Any:
    layout = _NUMBERS[kind]
    return struct.unpack(layout, file.read(struct.calcsize(layout)))[0]


def _text(file: BinaryIO) -> str:
    return file.read(_number(file, 10)).decode("utf-8", "replace")


def _value(file: BinaryIO, kind: int) -> Any:
    if kind == _STRING:
        return _text(file)
    if kind != _ARRAY:
        return _number(file, kind)
    item_kind, length = _number(file, 4), _number(file, 10)
    if item_kind in _NUMBERS:
        file.seek(struct.calcsize(_NUMBERS[item_kind]) * length, 1)
    else:
        for _ in range(length):
            _value(file, item_kind)
    return None


def _tensor(file: BinaryIO) -> tuple[str, str, tuple[int, ...]]:
    name = _text(file)
    shape = tuple(_number(file, 10) for _ in range(_number(file, 4)))
    kind, _offset = _number(file, 4), _number(file, 10)
    return name, _TENSOR_TYPES.get(kind, f"type {kind}"), shape
