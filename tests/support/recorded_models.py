"""Models in a store, as if a server had shown them."""

from typing import Any

from evaluation.model_info import ModelInfo
from evaluation.records.candidates import ModelRecord
from evaluation.store.models import record_seen
from evaluation.store.session import Store


def record_model(store: Store, *, endpoint_name: str, **facts: Any) -> ModelRecord:
    """Return the record of a model with these facts on an endpoint."""
    return record_seen(store, ModelInfo(**facts), endpoint_name=endpoint_name)
