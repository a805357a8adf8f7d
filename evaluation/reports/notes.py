"""What people noted, as plain values."""

from typing import Any

from evaluation.store.records import AnnotationRecord


def annotation_facts(note: AnnotationRecord) -> dict[str, Any]:
    """A note as plain values."""
    return {
        "annotation_id": note.annotation_id,
        "experiment_id": note.experiment_id,
        "run_id": note.run_id,
        "case_id": note.case_id,
        "comparison_id": note.comparison_id,
        "author": note.author,
        "text": note.text,
        "created_at": note.created_at.isoformat(),
    }
