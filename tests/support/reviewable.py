"""Two candidates of one run that are right on different cases, to be looked at by people."""

from collections.abc import Sequence

from stored_runs import Asked, answer, numbers, store_run

from evaluation.candidate import Candidate
from evaluation.case import Case
from evaluation.generation import Timing
from evaluation.records.reviews import ReviewItem, ReviewRecord, Said
from evaluation.requests.review_request import ReviewRequest
from evaluation.reviews.creation import open_review
from evaluation.store.session import Store

NAMES = ("small:1b", "large:7b")
HOSTILE = (
    "<script>alert(1)</script> [x](javascript:alert(1)) ![i](http://evil.example/x.png) | pipe | `code`\n"
    "```\nfence\n``` <img src=x onerror=alert(1)>\n# head\n- list\n1. one\n    indented"
)


def candidate(model: str, cases: Sequence[Case], right: Sequence[int], *, seconds: float = 1.5) -> Asked:
    """A candidate with right answers to these cases."""
    timing = Timing(total_s=seconds)
    return Asked(
        candidate=Candidate(model=model, digest=f"digest-of-{model}"),
        outcomes={
            case.case_id: answer(case.references[0] if i in right else f"no idea of {i}", timing=timing)
            for i, case in enumerate(cases)
        },
    )


def fill(store: Store, *, n: int = 12, run_id: str = "run-1", names: Sequence[str] = NAMES, scored: bool = True) -> str:
    """Stores the run: the first candidate is right on the even cases, the second on those that 3 divides."""
    cases = numbers(n)
    rights = ([i for i in range(n) if i % 2 == 0], [i for i in range(n) if i % 3 == 0])
    asked = [
        candidate(name, cases, right, seconds=0.42 + 3 * place)
        for place, (name, right) in enumerate(zip(names, rights, strict=False))
    ]
    return store_run(store, *asked, cases=cases, run_id=run_id, scored=scored, metrics=("exact_match", "token_f1"))


def opened(store: Store, **given: object) -> ReviewRecord:
    """The review of such a run."""
    return open_review(store, ReviewRequest.model_validate({"runs": ["run-1"], **given}))


def graded(item: ReviewItem, **by_candidate: int) -> Said:
    """The same grade by every criterion but speed for each candidate, whose name begins so."""
    grades = []
    for output in item.outputs:
        grade = next(value for name, value in by_candidate.items() if output.candidate.startswith(name))
        grades.append({"accuracy": grade, "completeness": grade, "relevance": grade, "speed": 3})
    return Said(item_id=item.item_id, grades=tuple(grades))


def prefers(item: ReviewItem, name: str | None) -> Said:
    """Says that the candidate whose name begins so is better; None: a tie."""
    if name is None:
        return Said(item_id=item.item_id)
    place = next(n for n, output in enumerate(item.outputs) if output.candidate.startswith(name))
    return Said(item_id=item.item_id, preferred=place)
