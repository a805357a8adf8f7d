"""Runs of candidates with so many right answers, put into a store as the flow does it, to be compared."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from stored_runs import Asked, answer, store_run

from evaluation.candidate import Candidate
from evaluation.case import Case
from evaluation.comparisons.comparison_result import compare_and_store
from evaluation.errors import FailureKind
from evaluation.generation import Failure, Generation, Outcome, Timing
from evaluation.requests.comparison_request import ComparisonRequest
from evaluation.results.comparisons import ComparisonResult
from evaluation.results.pairs import PairResult
from evaluation.store.session import Store


def cases_of(n: int, **given: Any) -> tuple[Case, ...]:
    """Cases `c00`, `c01`, …"""
    return tuple(Case(case_id=f"c{i:02d}", prompt=f"What is {i}?", references=(str(i),), **given) for i in range(n))


def right_on(cases: Sequence[Case], chosen: Iterable[int], **given: Any) -> dict[str, Outcome]:
    """Right answers to the chosen cases, wrong ones to the others."""
    wanted = set(chosen)
    return {
        case.case_id: answer(case.references[0] if i in wanted else "no idea", **given) for i, case in enumerate(cases)
    }


def timed(cases: Sequence[Case], seconds: float, **given: Any) -> dict[str, Outcome]:
    """Right answers, each a little slower than the one before."""
    return {
        case.case_id: answer(
            case.references[0],
            timing=Timing(total_s=seconds * (1 + i / 100), load_s=0.0, prompt_s=0.01, ttft_s=seconds / 10),
            **given,
        )
        for i, case in enumerate(cases)
    }


def failed(cases: Sequence[Case], chosen: Iterable[int]) -> dict[str, Outcome]:
    """Failures of the server on the chosen cases."""
    return {cases[i].case_id: Failure(kind=FailureKind.TIMED_OUT, message="no answer within 300 s") for i in chosen}


def candidate(
    model: str, outcomes: Mapping[str, Outcome | Sequence[Outcome]], *, digest: str | None = None, **given: Any
) -> Asked:
    """A candidate of a run, by default with the digest `digest-of-MODEL`."""
    own = {name: given.pop(name) for name in ("options", "profile", "think", "pipeline") if name in given}
    return Asked(
        candidate=Candidate(model=model, digest=digest or f"digest-of-{model}", **own), outcomes=outcomes, **given
    )


def compared(store: Store, *runs: str, **request: Any) -> ComparisonResult:
    """The result of comparing these runs, of one benchmark."""
    (result,) = compare_and_store(store, ComparisonRequest(runs=list(runs), **request))
    return result


def pair_of(result: ComparisonResult, metric: str | None = None) -> PairResult:
    """The only pair of the headline, or of that metric."""
    (pair,) = result.pairs_by(metric or result.headline)
    return pair


__all__ = ["Generation", "candidate", "cases_of", "compared", "failed", "pair_of", "right_on", "store_run", "timed"]
