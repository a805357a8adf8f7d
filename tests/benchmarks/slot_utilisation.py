"""How busy does an evaluation keep a server's slots, beside a bare client in the same minute on the same machine?

    python tests/benchmarks/slot_utilisation.py --cases 1000 --slots 16 --latency 0.2

A Prefect server stands; a server of our own answers after a fixed time through a fixed number of slots and counts how
long they were busy. A bare asyncio client, which is the ceiling, asks the questions, then `benchwright evaluate` does,
with its store and its scores. Busy = busy seconds / (slots × seconds from the first to the last answer).
"""

import argparse

from measuring import (
    busy_share,
    check_result,
    evaluate_words,
    parts_s,
    print_result,
    run,
    run_bare,
    serving_s,
    slot_server,
    standing_prefect,
    workplace,
    write_cases,
)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--cases", type=int, default=1000)
    parser.add_argument("--slots", type=int, default=16)
    parser.add_argument("--latency", type=float, default=0.2, help="seconds that a generation takes")
    parser.add_argument("--prefect", metavar="API", help="a standing Prefect server; default: one is started")
    asked = parser.parse_args()
    with workplace() as (folder, stack):
        prefect = stack.enter_context(standing_prefect(folder, asked.prefect))
        server = stack.enter_context(slot_server(slots=asked.slots, latency_s=asked.latency))
        cases = write_cases(folder / "cases.jsonl", asked.cases)
        run_bare(server, asked.cases, asked.slots, folder)
        bare = server.stats()
        server.reset()
        words = evaluate_words(server, [cases], slots=asked.slots, database=folder / "store.db")
        done = run(words, folder, prefect.env)
        ours = server.stats()
        record = prefect.record([check_result(done, n_cases=asked.cases)])
    ratio = busy_share(ours) / busy_share(bare)
    values = {
        "cases": asked.cases,
        "slots": asked.slots,
        "latency_s": asked.latency,
        "ideal_s": asked.cases * asked.latency / asked.slots,
        "bare": {"busy": busy_share(bare), "serving_s": serving_s(bare)},
        "benchwright": {
            "busy": busy_share(ours),
            **parts_s(done, ours),
            "demand": ours["demand"],
            "loads": ours["loads"],
        },
        "ratio": ratio,
        "prefect": record,
    }
    said = f"busy: bare client {busy_share(bare):.3f}, benchwright {busy_share(ours):.3f}, ratio {ratio:.3f}"
    print_result("slot_utilisation", values, said)


if __name__ == "__main__":
    main()
