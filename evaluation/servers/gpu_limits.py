"""The concurrency limit of a GPU: the total slots of the stored endpoints behind it."""

from collections.abc import Sequence

from evaluation.records.candidates import EndpointRecord
from evaluation.resolution.endpoints import default_gpu_tag

UNSET_SLOTS = 1
"""Slots assumed for an endpoint whose number of concurrent requests is not set."""


def gpu_tag(endpoint: EndpointRecord) -> str:
    """Return the endpoint's own GPU tag, else the one derived from its address."""
    return endpoint.gpu_tag or default_gpu_tag(endpoint.url)


def slots_by_tag(endpoints: Sequence[EndpointRecord]) -> dict[str, int]:
    """Return how many requests the endpoints behind each GPU serve at once in total, by GPU tag."""
    slots: dict[str, int] = {}
    for record in endpoints:
        tag = gpu_tag(record)
        slots[tag] = slots.get(tag, 0) + (record.slots or UNSET_SLOTS)
    return slots
