"""Which models, endpoints, profiles and candidates are known?"""

from collections.abc import Mapping
from typing import Any
from evaluation.candidate import Candidate, PromptProfile
from evaluation.store.records import EndpointRecord, ModelRecord
from evaluation.store.session import Store


def record_model(
    store: Store,
    *,
    name: str,
    digest: str | None,
    endpoint_name: str,
    family: str | None = None,
    parameter_size: str | None = None,
    n_parameters: int | None = None,
    quantization: str | None = None,
    context_length: int | None = None,
    size_bytes: int | None = None,
    capabilities: tuple[str, ...] = (),
    licence: str | None = None,
    parameters: Mapping[str, Any] | None = None,
    template: str | None = None,
    remote_host: str | None = None,
) -> ModelRecord:
    """The model as now seen on an endpoint. Another digest than before makes a new version; the old one stays."""
    raise NotImplementedError


def register_model(
    store: Store,
    name: str,
    *,
    family: str | None = None,
    parameter_size: str | None = None,
    n_parameters: int | None = None,
    quantization: str | None = None,
    context_length: int | None = None,
    size_bytes: int | None = None,
    capabilities: tuple[str, ...] = (),
    licence: str | None = None,
) -> ModelRecord:
    """A model that is known by name before any server has it; registering a retired one brings it back."""
    raise NotImplementedError


def list_models(
    store: Store,
    *,
    capability: str | None = None,
    family: str | None = None,
    max_size_bytes: int | None = None,
    include_retired: bool = False,
) -> tuple[ModelRecord, ...]:
    """Current versions by name, one for each endpoint that has the model."""
    raise NotImplementedError


def model_versions(store: Store, name: str) -> tuple[ModelRecord, ...]:
    """All versions of a model, newest first. Raises UnknownNameError."""
    raise NotImplementedError


def retire_model(store: Store, name: str) -> None:
    """Takes a model out of lists and plans; its versions and runs stay. Raises UnknownNameError."""
    raise NotImplementedError


def is_retired(store: Store, name: str) -> bool:
    """True where the model is retired; False also where it is unknown."""
    raise NotImplementedError


def save_endpoint(store: Store, endpoint: EndpointRecord) -> None:
    """Adds an endpoint, or replaces the one of the same name."""
    raise NotImplementedError


def list_endpoints(store: Store) -> tuple[EndpointRecord, ...]:
    """Endpoints that were not removed, by name."""
    raise NotImplementedError


def find_endpoint(store: Store, name_or_url: str) -> EndpointRecord | None:
    """The endpoint of that name, else of that URL (a closing slash makes no difference)."""
    raise NotImplementedError


def remove_endpoint(store: Store, name: str) -> None:
    """Forgets an endpoint; runs made on it keep its name. Raises UnknownNameError."""
    raise NotImplementedError


def save_profile(store: Store, profile: PromptProfile) -> str:
    """Hash of the profile, which from now on is what its name means."""
    raise NotImplementedError


def list_profiles(store: Store) -> tuple[PromptProfile, ...]:
    """The newest profile of each name."""
    raise NotImplementedError


def find_profile(store: Store, name: str) -> PromptProfile | None:
    """What a profile's name means now."""
    raise NotImplementedError


def save_candidate(store: Store, candidate: Candidate) -> str:
    """Fingerprint of the candidate, stored once."""
    raise NotImplementedError


def find_candidate(store: Store, fingerprint: str) -> Candidate | None:
    """The candidate of that fingerprint, with its profile."""
    raise NotImplementedError
