"""How long does a recommendation take, with 50 candidates and 100,000 stored generations?

    python tests/benchmarks/recommend_speed.py

Measured are the import in a new process, the first answer of a new process from its start to its end, and answers of a
process that has answered before: 2,000 prompts, each another one, without a selection model and with one, and while
another process stores scores. It exits with 1 where a bound is missed. On a machine that others use too, a process
waits for a processor; how long it does is taken off in the figures beside, for which there is no bound.
"""

import argparse
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
from measuring import ROOT, print_result

SUPPORT = ROOT / "tests" / "support"
sys.path.insert(0, str(SUPPORT))

BOUNDS = {"import_s": 0.3, "first_answer_s": 3.0, "p99_ms": 5.0}
TASKS = ("summarization", "classification", "question_answering", "code", "reasoning")
IMPORT = "import time; t = time.perf_counter(); from selection import recommend; print(time.perf_counter() - t)"
FIRST = (
    "import sys; from selection import recommend; print(recommend('code', 'Sort a list.', store=sys.argv[1]).reason)"
)
WRITER = """
import sys, time
import sqlalchemy as sa
from evaluation.store.session import open_store
from evaluation.store.tables import score
with open_store(sys.argv[1]) as store:
    with store.read() as connection:
        ids = list(connection.execute(sa.select(score.c.id).limit(5_000)).scalars())
    print("writing", flush=True)
    for place in range(10**9):
        with store.write() as connection:
            same = score.c.id == ids[place % len(ids)]
            connection.execute(sa.update(score).where(same).values(value=(place % 97) / 97))
        time.sleep(0.02)
"""


@dataclass(frozen=True)
class Ended:
    """A process that has ended."""

    printed: str
    wall_s: float
    """From its start to its end."""
    cpu_s: float


def in_new_process(code: str, *words: str) -> Ended:
    """What came of a program."""
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    before, began = cpu_of_children(), time.perf_counter()
    done = subprocess.run(
        [sys.executable, "-c", code, *words], capture_output=True, text=True, check=True, env=environment
    )
    return Ended(done.stdout.strip(), time.perf_counter() - began, cpu_of_children() - before)


def cpu_of_children() -> float:
    """Seconds that ended children have computed."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def waited_ms() -> float:
    """How long this thread has waited for a processor, as far as the system says."""
    try:
        return int(Path("/proc/thread-self/schedstat").read_text().split()[1]) / 1e6
    except OSError:
        return 0.0


@contextmanager
def writing(url: str) -> Iterator[None]:
    """Another process that stores scores, about forty times a second."""
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    with subprocess.Popen(
        [sys.executable, "-c", WRITER, url], stdout=subprocess.PIPE, text=True, env=environment
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "writing\n"
        try:
            yield
        finally:
            process.kill()


def prompts(n: int) -> list[str]:
    """So many, no two alike, from a line to a page."""
    words = ("please", "explain", "how", "tides", "move", "the", "harvest", "of", "an", "old", "lighthouse", "in", "17")
    return [f"{i}: " + " ".join(words[(i + j) % len(words)] for j in range(5 + i * 7 % 300)) + "?" for i in range(n)]


def warm(url: str, n_calls: int) -> dict[str, float]:
    """Milliseconds of single calls, one after another."""
    from selection import flush, recommend

    for task in TASKS:
        recommend(task, "What is warm?", store=url)
    taken, computing = [], []
    for i, prompt in enumerate(prompts(n_calls)):
        waited, began = waited_ms(), time.perf_counter()
        recommend(TASKS[i % len(TASKS)], prompt, store=url)
        taken.append(1000 * (time.perf_counter() - began))
        computing.append(taken[-1] - (waited_ms() - waited))
    assert flush(60.0, store=url) == 0
    taken.sort()
    computing.sort()
    return {
        "p50_ms": quantile(taken, 0.5),
        "p99_ms": quantile(taken, 0.99),
        "slowest_ms": taken[-1],
        "p50_less_waiting_ms": quantile(computing, 0.5),
        "p99_less_waiting_ms": quantile(computing, 0.99),
    }


def quantile(in_order: Sequence[float], share: float) -> float:
    """The smallest of the values that so many are not above."""
    return in_order[max(0, -int(-share * len(in_order) // 1) - 1)]


def promote_a_model(url: str) -> str:
    """Stores a model of the real kind, trained in a moment on few of the prompts, as champion; what is said of it."""
    from evaluation.store.selection_evidence import read_evidence, read_prompts
    from evaluation.store.selection_models import champion, promote, save_model
    from evaluation.store.session import open_store
    from selection.learning.model_files import pack
    from selection.learning.training import train

    with open_store(url) as store:
        evidence = read_evidence(store)
        packed = pack(train(evidence, read_prompts(store, evidence), rng=np.random.default_rng(1)))
        record = save_model(
            store,
            kind=packed.kind,
            status="measured",
            data_hash=packed.data_hash,
            code_version=packed.code_version,
            metrics=packed.metrics,
            report=packed.report,
            estimator=packed.estimator,
            serving=packed.serving,
        )
        promote(store, record.model_id, replacing=champion(store).promotion_id, reason="to be measured")
    return packed.kind


def measure(url: str, n_calls: int, n_starts: int) -> dict[str, Any]:
    """All figures."""
    imports = [float(in_new_process(IMPORT).printed) for _ in range(n_starts)]
    found: dict[str, Any] = {"import_s": median(imports), **first_answers(url, n_starts)}
    found["without_a_model"] = warm(url, n_calls)
    found["model"] = promote_a_model(url)
    found["with_a_model"] = first_answers(url, n_starts) | warm(url, n_calls)
    with writing(url):
        found["with_a_model_while_scores_are_stored"] = warm(url, n_calls)
    return found


def first_answers(url: str, n_starts: int) -> dict[str, float]:
    """Seconds from the start of a process that recommends once to its end, and how many of them it computed."""
    ended = [in_new_process(FIRST, url) for _ in range(n_starts)]
    return {
        "first_answer_s": median(one.wall_s for one in ended),
        "first_answer_cpu_s": median(one.cpu_s for one in ended),
    }


def missed(found: dict[str, Any]) -> list[str]:
    """The bounds that were not kept, in words."""
    said = []
    for name, value in found.items():
        if isinstance(value, dict):
            said += [f"{name}: {each}" for each in missed(value)]
        elif (bound := BOUNDS.get(name)) is not None and value > bound:
            said.append(f"{name} is {value:.3f}, over {bound:g}")
    return said


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--candidates", type=int, default=50)
    parser.add_argument("--generations", type=int, default=100_000)
    parser.add_argument("--calls", type=int, default=2_000)
    parser.add_argument("--starts", type=int, default=5, help="new processes, of which the median is taken")
    given = parser.parse_args()
    from large_store import fill_store

    from evaluation.store.session import open_store

    with tempfile.TemporaryDirectory(prefix="benchwright-measuring-") as folder:
        url = str(Path(folder) / "store.db")
        with open_store(url) as store:
            fill_store(store, n_candidates=given.candidates, n_generations=given.generations)
        found = measure(url, given.calls, given.starts)
    print_result("recommend_speed", found | {"bounds": BOUNDS}, "; ".join(missed(found)) or "all bounds were kept")
    sys.exit(1 if missed(found) else 0)


if __name__ == "__main__":
    main()
