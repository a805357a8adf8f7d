"""Unique labels of a run's candidates."""

from collections import Counter

from evaluation.baselines import BASELINES
from evaluation.records.runs import RunCandidateRecord, RunRecord


def unique_labels(run: RunRecord) -> dict[int, str]:
    """Return the unique label of each candidate, by run-candidate id.

    One tag with two digests, as two servers may have it, is told apart by the digest.
    """
    times = Counter(candidate.plan.label for candidate in run.candidates)
    return {
        candidate.run_candidate_id: candidate.plan.label
        if times[candidate.plan.label] == 1
        else _with_identity(candidate)
        for candidate in run.candidates
    }


def is_baseline(model: str) -> bool:
    """Return True for a program that the embedded server offers under a model's name, as a baseline for models."""
    return model.removesuffix(":latest") in BASELINES


def _with_identity(candidate: RunCandidateRecord) -> str:
    identity = candidate.plan.digest or candidate.plan.candidate_fingerprint
    return f"{candidate.plan.label} @{candidate.plan.endpoint_name} {identity.removeprefix('sha256:')[:8]}"
