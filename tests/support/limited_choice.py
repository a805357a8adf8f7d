"""A store to choose from under limits: the better candidates are too large or too slow, one's memory is unknown."""

from recorded_models import record_model
from stored_runs import Asked, answer, store_run

from evaluation.candidate import Candidate
from evaluation.case import Case
from evaluation.generation import Timing
from evaluation.records.loaded_memory import LOADED_BYTES, LOADED_CONTEXT
from evaluation.store.session import Store

TASK = "reading"
N_CASES = 40
RIGHT = {"tiny": 12, "fair": 28, "secret": 20, "slow": 38, "heavy": 39}
"""How many of the 40 cases each gets right: `slow` and `heavy` are the better ones."""
SECONDS = {"tiny": 0.4, "fair": 1.0, "secret": 1.0, "slow": 20.0, "heavy": 2.0}
LOADED_GB = {"tiny": 2, "fair": 5, "heavy": 40}
"""Of `slow` only the size of its file is known, of `secret` nothing."""
FILE_GB = {"slow": 6}


def fill_choice(store: Store, run_id: str = "choice") -> None:
    """Store a run of five candidates."""
    cases = tuple(Case(case_id=f"r{i:02d}", prompt=f"Number {i}?", references=("yes",)) for i in range(N_CASES))
    for name, gigabytes in FILE_GB.items():
        record_model(
            store, name=f"{name}:1b", digest=f"weights-of-{name}", endpoint_name="here", size_bytes=gigabytes * 10**9
        )
    asked = (_asked(name, cases, n_right) for name, n_right in RIGHT.items())
    store_run(store, *asked, cases=cases, run_id=run_id, task_type=TASK, name=TASK)


def _asked(name: str, cases: tuple[Case, ...], n_right: int) -> Asked:
    timing = Timing(total_s=SECONDS[name], load_s=0.0)
    memory = LOADED_GB.get(name)
    return Asked(
        candidate=Candidate(model=f"{name}:1b", digest=f"weights-of-{name}"),
        outcomes={case.case_id: answer("yes" if i < n_right else "no", timing=timing) for i, case in enumerate(cases)},
        details={} if memory is None else {LOADED_BYTES: memory * 10**9, LOADED_CONTEXT: 4096},
    )
