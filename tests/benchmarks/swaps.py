"""How often are models swapped on a server that holds one, and what does it cost?

    python tests/benchmarks/swaps.py

Two benchmarks of 20 cases are asked of two models: no order needs fewer than two loads. The ideal is these loads and
all generations on all slots; beside it stand the seconds from when anything was first asked of a model, its load
among it, and from the first generation, both to the last answer.
"""

import argparse

from measuring import (
    MODEL,
    OTHER_MODEL,
    check_result,
    evaluate_words,
    print_result,
    run,
    serving_s,
    slot_server,
    standing_prefect,
    workplace,
    write_cases,
)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--cases", type=int, default=20, help="cases of each benchmark")
    parser.add_argument("--slots", type=int, default=4)
    parser.add_argument("--latency", type=float, default=0.2, help="seconds that a generation takes")
    parser.add_argument("--load", type=float, default=1.0, help="seconds that a load takes")
    parser.add_argument("--prefect", metavar="API", help="a standing Prefect server; default: one is started")
    asked = parser.parse_args()
    models = (MODEL, OTHER_MODEL)
    with workplace() as (folder, stack):
        prefect = stack.enter_context(standing_prefect(folder, asked.prefect))
        server = stack.enter_context(slot_server(slots=asked.slots, latency_s=asked.latency, load_s=asked.load))
        benchmarks = [
            write_cases(folder / "first.jsonl", asked.cases),
            write_cases(folder / "second.jsonl", asked.cases, first=asked.cases),
        ]
        words = evaluate_words(server, benchmarks, slots=asked.slots, database=folder / "store.db", models=models)
        done = run(words, folder, prefect.env)
        check_result(done, n_cases=asked.cases, n_candidates=len(benchmarks) * len(models))
        stats = server.stats()
    n_generations = len(benchmarks) * len(models) * asked.cases
    ideal_s = len(models) * asked.load + n_generations * asked.latency / asked.slots
    with_first_load_s = stats["last"] - stats["opened"]
    values = {
        "cases": asked.cases,
        "slots": asked.slots,
        "latency_s": asked.latency,
        "load_s": asked.load,
        "loads": stats["loads"],
        "ideal_loads": len(models),
        "ideal_s": ideal_s,
        "with_first_load_s": with_first_load_s,
        "serving_s": serving_s(stats),
        "ratio": with_first_load_s / ideal_s,
        "command_s": done.seconds,
    }
    print_result("swaps", values, f"{stats['loads']} loads, {with_first_load_s:.2f} s where {ideal_s:g} s are ideal")


if __name__ == "__main__":
    main()
