"""The candidates that runs asked, with what is known of each."""

from evaluation.records.evidence import Choosable
from evaluation.results.catalogue_entries import CandidateFacts
from evaluation.store.selectable_candidates import choosables, labelled_apart
from evaluation.store.session import Store


def list_candidates(store: Store) -> tuple[CandidateFacts, ...]:
    """Return every candidate that a run asked, by its label."""
    with store.read() as connection:
        candidates = tuple(choosables(connection).values())
    return tuple(sorted(map(_facts, labelled_apart(candidates)), key=lambda each: (each.label, each.fingerprint)))


def _facts(choosable: Choosable) -> CandidateFacts:
    return CandidateFacts(
        fingerprint=choosable.key,
        label=choosable.label,
        model=choosable.model,
        digest=choosable.digest,
        options=choosable.options,
        profile=choosable.profile,
        think=choosable.think,
        pipeline=None if choosable.pipeline is None else choosable.pipeline.signature,
        endpoints=tuple(place.name for place in choosable.places),
        capabilities=tuple(sorted(choosable.capabilities)),
        memory_bytes=choosable.memory_bytes,
        not_ready=choosable.not_ready,
    )
