"""A store whose selection model decides by prompts: three candidates, each the best one on one subject."""

from collections.abc import Sequence

from learnable import learnable
from stored_runs import Asked, answer, store_run

from evaluation.candidate import Candidate
from evaluation.case import Case
from evaluation.store.session import Store
from selection.learning.retraining import Judgement, all_known, carry_out, judge, store_trained, trained

TASK = "reasoning"
LABELS = ("one", "two", "three")
ABOUT_PYTHON = "Please tell which function, loop, list, tuple or string they want to return?"
ABOUT_HISTORY = "Please tell which king, treaty, siege, empire, battle or crown was first?"
ABOUT_COOKING = "Please tell which flour, butter, garlic, onion, recipe or salt people want?"


def fill_learned(store: Store, candidates: Sequence[Candidate] = ()) -> None:
    """Stores a run in which prompts tell the candidates apart: of Python, history and cooking in their order."""
    candidates = candidates or [Candidate(model=f"{label}:1b", digest=f"digest-of-{label}") for label in LABELS]
    evidence, prompts = learnable(n_cases=200)
    cases = tuple(
        Case(case_id=case.case_id, prompt=prompt, references=("yes",))
        for case, prompt in zip(evidence.cases, prompts, strict=True)
    )
    quality = evidence.quality.reshape(len(cases), len(LABELS))
    asked = (
        Asked(
            candidate=candidate,
            outcomes={
                case.case_id: answer("yes" if right else "no")
                for case, right in zip(cases, quality[:, place], strict=True)
            },
        )
        for place, candidate in enumerate(candidates)
    )
    store_run(store, *asked, cases=cases, run_id=f"run-{TASK}", task_type=TASK, name=TASK)


def train_and_store(store: Store, *, seed: int) -> str:
    """The id of a model trained on all evidence and stored, which does not decide yet: what the tasks do in steps."""
    training_data = all_known(store)
    return store_trained(store, training_data, trained(training_data, seed))


def retrained(store: Store) -> Judgement:
    """What became of a model that was trained now."""
    found = judge(store, train_and_store(store, seed=0))
    assert carry_out(store, found)
    return found
