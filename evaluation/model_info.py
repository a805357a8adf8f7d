"""The description of a model that a server reports."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelInfo:
    """A model as its server describes it."""

    name: str
    """Full `name:tag`."""
    digest: str | None
    """64 hex digits of the weights' manifest; None where the server has none to give."""
    family: str | None = None
    parameter_size: str | None = None
    """As the server writes it: `8.0B`."""
    n_parameters: int | None = None
    quantization: str | None = None
    context_length: int | None = None
    size_bytes: int | None = None
    capabilities: tuple[str, ...] = ()
    """`completion`, `thinking`, `tools`, `vision`, `embedding`, …"""
    licence: str | None = None
    parameters: Mapping[str, Any] = field(default_factory=dict)
    """The model's own option values; a repeated key (`stop`) is a list."""
    template: str | None = None
    remote_host: str | None = None
    """Set where the prompt would leave this machine."""
