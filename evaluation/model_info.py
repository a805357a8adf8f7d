"""The description of a model that a server reports."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelInfo:
    """A server's description of a model."""

    name: str
    """Full name, `name:tag`."""
    digest: str | None
    """Digest of the weights' manifest, 64 hex digits; None if the server does not provide one."""
    family: str | None = None
    parameter_size: str | None = None
    """As reported by the server: `8.0B`."""
    n_parameters: int | None = None
    quantization: str | None = None
    context_length: int | None = None
    size_bytes: int | None = None
    capabilities: tuple[str, ...] = ()
    """`completion`, `thinking`, `tools`, `vision`, `embedding`, …"""
    licence: str | None = None
    parameters: Mapping[str, Any] = field(default_factory=dict)
    """The model's own option values; a repeated key (`stop`) becomes a list."""
    template: str | None = None
    remote_host: str | None = None
    """Set if prompts would leave this machine."""
