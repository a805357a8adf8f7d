"""What does a kill cost? A run is killed at a random moment and resumed: was a stored case asked again, was one lost?

    python tests/benchmarks/resume.py --rounds 5

`kill -9` ends the command somewhere between its first request and the moment at which an undisturbed server would be
done; `evaluate --resume last` finishes the run. A case is asked again where its answer was in the database when the
process was dead, and lost where the finished run has no answer to it. Cases that were being answered or stored at that
moment were paid for in vain and have to be asked again: they are counted apart.
"""

import argparse
import random
import sqlite3
import time
from contextlib import closing
from pathlib import Path
from typing import Any

from measuring import (
    Command,
    MeasuringError,
    PrefectServer,
    SlotServer,
    benchwright_words,
    check_result,
    evaluate_words,
    print_result,
    question,
    slot_server,
    standing_prefect,
    workplace,
    write_cases,
)

LONGEST_START_S = 120.0


def stored_cases(database: Path) -> set[str]:
    """The cases whose answers are in the database."""
    with closing(sqlite3.connect(database, timeout=30)) as connection:
        return {case_id for (case_id,) in connection.execute("SELECT case_id FROM generation")}


def run_and_kill(words: list[str], folder: Path, prefect: PrefectServer, server: SlotServer, after_s: float) -> None:
    """Starts the command and kills it `after_s` after its first request."""
    with Command(words, folder, prefect.env) as command:
        deadline = time.monotonic() + LONGEST_START_S
        while server.stats()["first"] is None:
            if time.monotonic() > deadline:
                raise MeasuringError(f"nothing was asked within {LONGEST_START_S:g} s")
            time.sleep(0.05)
        time.sleep(after_s)
        command.kill()
        command.wait()


def one_round(
    folder: Path, prefect: PrefectServer, server: SlotServer, n_cases: int, slots: int, after_s: float
) -> dict[str, Any]:
    """A run killed and resumed."""
    database = folder / "store.db"
    words = evaluate_words(server, [write_cases(folder / "cases.jsonl", n_cases)], slots=slots, database=database)
    server.reset()
    run_and_kill(words, folder, prefect, server, after_s)
    n_asked_before = len(server.asked())
    there = stored_cases(database)
    server.reset()
    words = [*benchwright_words(), "evaluate", "--resume", "last", "--db", str(database), "--json"]
    with Command(words, folder, prefect.env) as command:
        done = command.wait()
    check_result(done, n_cases=n_cases)
    asked_now = [prompt for _, _, prompt in server.asked()]
    of_stored = {question(int(case_id.removeprefix("c"))) for case_id in there}
    first = server.stats()["first"]
    return {
        "killed_after_s": after_s,
        "stored_at_kill": len(there),
        "in_flight_at_kill": n_asked_before - len(there),
        "asked_again": sum(prompt in of_stored for prompt in asked_now),
        "lost": n_cases - len(stored_cases(database)),
        "first_request_s": None if first is None else first - command.began,
        "resume_s": done.seconds,
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--cases", type=int, default=400)
    parser.add_argument("--slots", type=int, default=8)
    parser.add_argument("--latency", type=float, default=0.1, help="seconds that a generation takes")
    parser.add_argument("--seed", type=int, default=0, help="of the moments of the kills")
    asked = parser.parse_args()
    moments = random.Random(asked.seed)
    ideal_s = asked.cases * asked.latency / asked.slots
    rounds = []
    with workplace() as (folder, stack):
        prefect = stack.enter_context(standing_prefect(folder))
        server = stack.enter_context(slot_server(slots=asked.slots, latency_s=asked.latency))
        for number in range(asked.rounds):
            own_folder = folder / f"round-{number}"
            own_folder.mkdir()
            after_s = moments.uniform(0, 0.9 * ideal_s)
            rounds.append(one_round(own_folder, prefect, server, asked.cases, asked.slots, after_s))
        limits = prefect.limits()
    firsts = [each["first_request_s"] for each in rounds if each["first_request_s"] is not None]
    values = {
        "cases": asked.cases,
        "slots": asked.slots,
        "latency_s": asked.latency,
        "asked_again": sum(each["asked_again"] for each in rounds),
        "lost": sum(each["lost"] for each in rounds),
        "first_request_s": {"worst": max(firsts, default=None), "best": min(firsts, default=None)},
        "limits": limits,
        "rounds": rounds,
    }
    said = (
        f"{asked.rounds} kills: {values['asked_again']} asked again, {values['lost']} lost, work began at worst after "
    )
    print_result("resume", values, said + (f"{max(firsts):.1f} s" if firsts else "nothing was missing"))


if __name__ == "__main__":
    main()
