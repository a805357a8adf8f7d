"""Retraining: train on all evidence, compare with the model that decides, and let the better one decide.

Each step reads from the store and writes back to it, so that it may run in another process than the one before.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np

from evaluation.errors import SupersededError, as_sentence
from evaluation.formatting import counted, listed
from evaluation.records.evidence import Evidence
from evaluation.results.as_json import from_json
from evaluation.store.recommendations import count_outcomes_since, list_recommendations
from evaluation.store.selection_evidence import read_evidence, read_prompts
from evaluation.store.selection_models import champion, find_model, history, promote, set_status
from evaluation.store.session import Store
from selection.choosing.number_words import MOST_NAMED
from selection.decisions.decision_rows import past_of
from selection.decisions.drift import drifts, reason_to_retrain
from selection.learning.deciding_model import deciding, served_model
from selection.learning.model_files import PackedModel, pack
from selection.learning.stored_models import save_packed
from selection.retraining import Retraining, TrainingReport

Known = tuple[Evidence, tuple[str, ...]]

TRAINED, PROMOTED, KEPT_OUT = "trained", "promoted", "not promoted"
"""Results of a model's evaluation."""
_N_ROWS = "n_rows"


@dataclass(frozen=True, slots=True, kw_only=True)
class NewEvidence:
    """Size of the current evidence, and of what is new since the last training."""

    n_rows: int
    """Number of scored answers."""
    n_cases: int
    n_candidates: int
    n_tasks: int
    fingerprint: str
    n_new_rows: int
    """Number of scored answers added or removed since the last training. 0: nothing has changed."""
    n_outcomes: int
    """Number of outcomes reported since then."""
    last_trained_at: datetime | None
    """Time of the last training; None: no model was trained yet."""
    reason: str | None = None
    """Reason to train however little is new: outcomes that have drifted, or scores that differ from those learned."""

    def too_little(self, min_new: int | None) -> str | None:
        """Return why there is no reason to train; None: there is one."""
        if not self.n_rows:
            return "no candidate has results: evaluate some, or import results from elsewhere"
        if min_new is None or self.n_new_rows + self.n_outcomes >= min_new or self.reason is not None:
            return None
        since = "" if self.last_trained_at is None else f" since {self.last_trained_at:%Y-%m-%d %H:%M} UTC"
        return (
            f"{counted(self.n_new_rows, 'scored answer')} and {counted(self.n_outcomes, 'reported outcome')} are "
            f"new{since}, but {min_new:,} are required (--if-enough-new)"
        )


def what_is_new(store: Store) -> NewEvidence:
    """Return the size of the evidence, and what is new. Models that were trained but not promoted count as trained."""
    evidence = read_evidence(store)
    last = next(iter(history(store, limit=1)), None)
    n_rows = len(evidence.candidate)
    n_new = (
        n_rows if last is None else _n_new(n_rows, last.metrics.get(_N_ROWS), last.data_hash == evidence.fingerprint)
    )
    return NewEvidence(
        n_rows=n_rows,
        n_cases=len(evidence.cases),
        n_candidates=len(evidence.candidates),
        n_tasks=len({case.task for case in evidence.cases}),
        fingerprint=evidence.fingerprint,
        n_new_rows=n_new,
        n_outcomes=count_outcomes_since(store, None if last is None else last.created_at),
        last_trained_at=None if last is None else last.created_at,
        reason=_reason(store, evidence, None if last is None else last.created_at),
    )


def _reason(store: Store, evidence: Evidence, trained_at: datetime | None) -> str | None:
    """Return a reason to train from everything since the last training; None: since ever."""
    from selection.learning.promotion import other_scores

    model = deciding(store).served
    changed = () if model is None else other_scores(model, evidence)
    if model is not None and changed:
        return f"scores have changed since {model.version} learned from them: {listed(changed, MOST_NAMED)}"
    since = list_recommendations(store, since=trained_at, reported=True, with_prompts=False)
    return reason_to_retrain(drifts([past_of(record) for record in since]))


def _n_new(n_rows: int, n_before: Any, is_the_same: bool) -> int:
    if is_the_same:
        return 0
    return n_rows if not isinstance(n_before, int) else max(1, abs(n_rows - n_before))


def trained(training_data: Known, seed: int) -> PackedModel:
    """Train a model, and return it in bytes. Takes long, and needs no store."""
    from selection.learning.training import train

    evidence, prompts = training_data
    return pack(train(evidence, prompts, rng=np.random.default_rng(seed)))


def store_trained(store: Store, training_data: Known, packed: PackedModel) -> str:
    """Store the model, and return its id."""
    metrics = {**packed.metrics, _N_ROWS: len(training_data[0].candidate)}
    return save_packed(store, packed, status=TRAINED, metrics=metrics).model_id


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """The fate of a model, after a comparison with the one that decides."""

    model_id: str
    replaces: int | None
    """The promotion of the model that it was compared with."""
    promotes: bool
    reason: str
    notes: tuple[str, ...] = ()


def judge(store: Store, model_id: str) -> Judgement:
    """Judge whether the model is to decide, by held-out prompts that neither was trained on."""
    from selection.learning.promotion import compare, decide, staleness

    decides = deciding(store)
    holds, held = decides.promoted, decides.served
    if holds.model is not None and holds.model.model_id == model_id:
        reason = "the evidence yields the model that already decides"
        return Judgement(model_id=model_id, replaces=holds.promotion_id, promotes=False, reason=reason)
    challenger = served_model(store, find_model(store, model_id))
    evidence, prompts = all_known(store)
    if held is not None:
        held = held.as_of(evidence)
    rivalry = compare(challenger.as_of(evidence), held, evidence, prompts)
    verdict = decide(challenger, held, rivalry, None if held is None else staleness(held, evidence))
    return Judgement(
        model_id=model_id,
        replaces=holds.promotion_id,
        promotes=verdict.promotes,
        reason=verdict.reason,
        notes=decides.notes,
    )


def carry_out(store: Store, judged: Judgement) -> bool:
    """Apply the judgement and return True; return False where another model came to decide meanwhile: judge again."""
    if judged.promotes:
        try:
            promote(store, judged.model_id, replacing=judged.replaces, reason=judged.reason)
        except SupersededError:
            if not _holds_already(store, judged):
                return False
    if find_model(store, judged.model_id).status != PROMOTED:
        set_status(store, judged.model_id, PROMOTED if judged.promotes else KEPT_OUT)
    return True


def _holds_already(store: Store, judged: Judgement) -> bool:
    """Return whether the promotion was committed and only its answer was lost.

    Or whether another process made the same promotion.
    """
    holds = champion(store)
    return holds.model is not None and holds.model.model_id == judged.model_id


def all_known(store: Store) -> Known:
    """Return all evidence, with the prompt of each of its cases."""
    evidence = read_evidence(store)
    return evidence, read_prompts(store, evidence)


def _why(new_evidence: NewEvidence) -> list[str]:
    return [] if new_evidence.reason is None else [f"retraining although little is new: {new_evidence.reason}"]


def retraining_result(
    store: Store, new_evidence: NewEvidence, judged: Judgement | None, refusal: str | None
) -> Retraining:
    """Return what became of a retraining: for a page, a table, a command.

    Args:
        store: Where the model is.
        new_evidence: What there was to learn from.
        judged: What became of the model; None: none was trained.
        refusal: Why none was.
    """
    holds = champion(store)
    model = None if judged is None else find_model(store, judged.model_id)
    decision = "not trained" if judged is None else "promoted" if judged.promotes else "kept"
    name = None if model is None else f"{model.kind} {model.version}"
    holder = "the scoreboard alone" if holds.model is None else f"{holds.model.kind} {holds.model.version}"
    reason = judged.reason if judged is not None else refusal or ""
    sentences = {
        "not trained": f"No model was trained: {as_sentence(reason)}",
        "promoted": f"{name} is now the selection model: {as_sentence(reason)}",
        "kept": f"{name} was trained; {holder} keeps deciding: {as_sentence(reason)}",
    }
    return Retraining(
        decision=decision,
        sentence=sentences[decision],
        reason=reason,
        notes=(*_why(new_evidence), *(judged.notes if judged is not None else ())),
        model_id=None if model is None else model.model_id,
        model=name,
        champion_id=None if holds.model is None else holds.model.model_id,
        report=None if model is None else from_json(TrainingReport, model.report),
        evidence_fingerprint=new_evidence.fingerprint,
        n_rows=new_evidence.n_rows,
        n_new_rows=new_evidence.n_new_rows,
        n_outcomes=new_evidence.n_outcomes,
    )
