"""What became of a retraining, for whoever asked for it in Python."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Retraining:
    """Whether a selection model was trained, and whether it decides now."""

    decision: str
    """`promoted`, `kept` (trained, and the one before goes on deciding) or `not trained`."""
    sentence: str
    """The decision with its reason, for a person."""
    reason: str
    notes: tuple[str, ...]
    model_id: str | None
    """Of the model that was trained; None: none was."""
    model: str | None
    """Its kind and version."""
    champion_id: str | None
    """Of the model that decides now; None: the scoreboard alone does."""
    report: Mapping[str, object] | None
    """How the model was examined; None: none was trained."""
    evidence_fingerprint: str
    n_rows: int
    """Scored answers that there are."""
    n_new_rows: int
    """Those that are new since a model was last trained."""
    n_outcomes: int
    """Outcomes that were reported since then."""
