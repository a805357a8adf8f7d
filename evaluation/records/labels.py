"""Unique labels of candidates that are named together, such as those of a run.

A label is a candidate's own short name where no other has it. Equal ones are told apart by what they are called in full
(a corpus, a pipeline's file), else by their servers, else by their weights, and at last by their fingerprints.
"""

from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass

from evaluation.baselines import BASELINES
from evaluation.candidate import Candidate, last_parts
from evaluation.records.runs import RunRecord

_DIGEST_DIGITS = 8
_FINGERPRINT_DIGITS = 6


@dataclass(frozen=True, slots=True, kw_only=True)
class Labelled:
    """What a candidate's label is made of."""

    fingerprint: str
    label: str
    """Its short name, which others may share."""
    endpoint: str
    digest: str | None
    """None for unverified weights."""
    candidate: Candidate | None = None
    """None where its configuration is not stored any more."""


def distinct_labels(labelled: Sequence[Labelled], names: Collection[str] = ()) -> dict[str, str]:
    """Return a label for each candidate, by fingerprint; no two are equal, and their order makes no difference.

    Args:
        labelled: The candidates. One that is given twice counts once.
        names: Options that the labels include even at their defaults.
    """
    by_fingerprint = {item.fingerprint: item for item in labelled}
    labels = {fingerprint: item.label for fingerprint, item in by_fingerprint.items()}
    labels = _each_group(labels, lambda group: _with_longer_paths({key: by_fingerprint[key] for key in group}, names))
    labels = _told_apart(labels, {key: item.endpoint for key, item in by_fingerprint.items()})
    labels = _told_apart(
        labels,
        {
            key: (item.digest or "unverified").removeprefix("sha256:")[:_DIGEST_DIGITS]
            for key, item in by_fingerprint.items()
        },
    )
    return _with_fingerprints(labels)


def unique_labels(run: RunRecord) -> dict[int, str]:
    """Return the label of each candidate, by run-candidate id; the store gives no two candidates of a run the same."""
    return {candidate.run_candidate_id: candidate.plan.label for candidate in run.candidates}


def is_baseline(model: str) -> bool:
    """Return True for a program that the embedded server offers under a model's name, as a baseline for models."""
    return model.removesuffix(":latest") in BASELINES


def _each_group(labels: Mapping[str, str], relabel: Callable[[Collection[str]], Mapping[str, str]]) -> dict[str, str]:
    """Return the labels with those that several share given anew by `relabel`, from the fingerprints of the group."""
    groups: dict[str, list[str]] = {}
    for fingerprint, label in labels.items():
        groups.setdefault(label, []).append(fingerprint)
    shared = [group for group in groups.values() if len(group) > 1]
    return {**labels, **{key: label for group in shared for key, label in relabel(group).items()}}


def _with_longer_paths(group: Mapping[str, Labelled], names: Collection[str]) -> dict[str, str]:
    """Return the labels with as many parts of each differing path as tell them apart."""
    candidates = {key: item.candidate for key, item in group.items() if item.candidate is not None}
    paths = [candidate.pipeline.paths for candidate in candidates.values() if candidate.pipeline is not None]
    n_parts = {word: _parts_needed({path[word] for path in paths if word in path}) for path in paths for word in path}
    return {key: candidate.label_with(names, n_parts=n_parts) for key, candidate in candidates.items()}


def _parts_needed(paths: Collection[str]) -> int:
    """Return how many of their last parts tell the paths apart; 1 where they are all equal."""
    longest = max((path.count("/") + 1 for path in paths), default=1)
    return next(
        (n for n in range(1, longest + 1) if len({last_parts(path, n) for path in paths}) == len(paths)), longest
    )


def _told_apart(labels: Mapping[str, str], facts: Mapping[str, str]) -> dict[str, str]:
    """Return the labels with the fact added where candidates of one label differ in it."""
    return _each_group(
        labels,
        lambda group: {
            key: f"{labels[key]} @{facts[key]}" if len({facts[other] for other in group}) > 1 else labels[key]
            for key in group
        },
    )


def _with_fingerprints(labels: Mapping[str, str]) -> dict[str, str]:
    """Return the labels with so much of the fingerprint, where any are still equal, that none are."""
    unique, marked, n_digits = dict(labels), set[str](), _FINGERPRINT_DIGITS
    while len(set(unique.values())) < len(unique):
        times = Counter(unique.values())
        marked |= {key for key, label in unique.items() if times[label] > 1}
        unique = {**labels, **{key: f"{labels[key]} #{key[:n_digits]}" for key in marked}}
        n_digits += 2
    return unique
