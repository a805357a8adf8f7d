"""The case or the answer of a run that a note or a tag is about, looked up before anything is stored."""

from evaluation.errors import UnknownNameError
from evaluation.records.labels import unique_labels
from evaluation.run_results.case_result import unknown_case
from evaluation.store.run_cases import has_run_case
from evaluation.store.runs import find_run
from evaluation.store.session import Store


def answer_place(store: Store, run_id: str, case_id: str, fingerprint: str | None) -> str:
    """Return the id of a run that asked this case, and has a candidate of this fingerprint.

    Args:
        store: The results.
        run_id: Id of the run, the beginning of one, or `last`.
        case_id: Id of the case.
        fingerprint: Fingerprint of the candidate whose answer is meant; None: the whole case is.

    Raises:
        UnknownNameError: there is no such run, case or candidate.
    """
    run = find_run(store, run_id)
    if not has_run_case(store, run.plan.run_id, case_id):
        raise unknown_case(store, run, case_id)
    fingerprints = [candidate.plan.candidate_fingerprint for candidate in run.candidates]
    if fingerprint is not None and fingerprint not in fingerprints:
        labels = list(unique_labels(run).values())
        raise UnknownNameError(f"candidate of run {run.plan.run_id}", fingerprint, labels)
    return run.plan.run_id
