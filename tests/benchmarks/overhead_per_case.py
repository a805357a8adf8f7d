"""What does a case cost beyond the model's time, beside a bare client?

    python tests/benchmarks/overhead_per_case.py --cases 4000

A server that answers at once leaves only the client's own work. Each client asks a small and a large number of cases;
what the large one takes more, divided by the cases it has more, is what a case costs, with neither imports nor the
start of a flow run in it: wall time, and CPU time of the client's process. The Prefect server's CPU time a case stands
beside it.
"""

import argparse
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from measuring import (
    Done,
    PrefectServer,
    SlotServer,
    check_result,
    cpu_s_of_tree,
    evaluate_words,
    print_result,
    run,
    run_bare,
    serving_s,
    slot_server,
    standing_prefect,
    workplace,
    write_cases,
)

Cost = Mapping[str, float]


def cost_per_case(ask: Callable[[int], Cost], n_few: int, n_many: int) -> dict[str, float]:
    """What each further case adds, in ms."""
    few, many = ask(n_few), ask(n_many)
    return {name: 1000 * (many[name] - few[name]) / (n_many - n_few) for name in few}


def cost(server: SlotServer, done: Done) -> Cost:
    """What the command took."""
    return {"cpu_ms": done.cpu_s, "wall_ms": done.seconds, "serving_ms": serving_s(server.stats())}


def ask_bare(server: SlotServer, n_cases: int, slots: int, folder: Path) -> Cost:
    """The bare client's cost in seconds."""
    server.reset()
    return cost(server, run_bare(server, n_cases, slots, folder))


def evaluate(server: SlotServer, prefect: PrefectServer, n_cases: int, slots: int, folder: Path) -> Cost:
    """The evaluation's cost in seconds."""
    server.reset()
    cases = write_cases(folder / f"cases-{n_cases}.jsonl", n_cases)
    words = evaluate_words(server, [cases], slots=slots, database=folder / f"{n_cases}.db")
    before = prefect.pid and cpu_s_of_tree(prefect.pid)
    done = run(words, folder, prefect.env)
    prefect.record([check_result(done, n_cases=n_cases)])
    after = prefect.pid and cpu_s_of_tree(prefect.pid)
    of_prefect = {} if before is None or after is None else {"prefect_server_cpu_ms": after - before}
    return {**cost(server, done), **of_prefect}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--cases", type=int, default=4000)
    parser.add_argument("--few", type=int, default=400, help="cases of the small run")
    parser.add_argument("--slots", type=int, default=16)
    asked = parser.parse_args()
    with workplace() as (folder, stack):
        prefect = stack.enter_context(standing_prefect(folder))
        server = stack.enter_context(slot_server(slots=asked.slots))
        bare = cost_per_case(lambda n: ask_bare(server, n, asked.slots, folder), asked.few, asked.cases)
        ours = cost_per_case(lambda n: evaluate(server, prefect, n, asked.slots, folder), asked.few, asked.cases)
    values: dict[str, Any] = {
        "cases": [asked.few, asked.cases],
        "slots": asked.slots,
        "bare": bare,
        "benchwright": ours,
        "ratio": {name: ours[name] / bare[name] for name in bare},
    }
    said = f"CPU a case: bare client {bare['cpu_ms']:.2f} ms, benchwright {ours['cpu_ms']:.2f} ms"
    print_result("overhead_per_case", values, said)


if __name__ == "__main__":
    main()
