"""Which models, endpoints, profiles and candidates are known?"""

from evaluation.store.candidates import find_candidate, find_profile, list_profiles, save_candidate, save_profile
from evaluation.store.endpoints import (
    find_endpoint,
    list_endpoints,
    remove_endpoint,
    save_endpoint,
    set_limit_pending,
)
from evaluation.store.models import (
    is_retired,
    list_models,
    model_versions,
    record_seen,
    register_model,
    retire_model,
)

__all__ = [
    "find_candidate",
    "find_endpoint",
    "find_profile",
    "is_retired",
    "list_endpoints",
    "list_models",
    "list_profiles",
    "model_versions",
    "record_seen",
    "register_model",
    "remove_endpoint",
    "retire_model",
    "save_candidate",
    "save_endpoint",
    "save_profile",
    "set_limit_pending",
]
