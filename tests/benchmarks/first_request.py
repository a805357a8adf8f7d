"""How long does `benchwright evaluate` take until its first request, and to its end?

    python tests/benchmarks/first_request.py --rounds 5

A run of one case, with three Prefect servers in turn: `served`, as `benchwright serve` starts it; `plain`, as
`prefect server start` does, both standing; and `none`, which the command has to start, in a home that Prefect has used
before. The median of the rounds is printed for each: seconds until the first generation takes a slot, seconds of the
whole command, and the processor seconds of the command's own process and of the children that it waited for.
"""

import argparse
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median

from measuring import (
    QUIET_PREFECT,
    MeasuringError,
    SlotServer,
    check_result,
    evaluate_words,
    free_port,
    parts_s,
    print_result,
    run,
    slot_server,
    standing_prefect,
    workplace,
    write_cases,
)

from deployments.helper_process import start_helper


@contextmanager
def served_prefect(folder: Path) -> Iterator[dict[str, str]]:
    """The variables of a command that works with a Prefect server as `benchwright serve` starts it."""
    port, home = free_port(), folder / "served"
    argv = [sys.executable, "-P", "-m", "deployments.guarded.server", "server", "start", "--port", str(port)]
    with start_helper(argv, log_path=home / "server.log", env={**QUIET_PREFECT, "PREFECT_HOME": str(home)}) as helper:
        api = f"http://127.0.0.1:{port}/api"
        helper.wait_for_health(f"{api}/health")
        yield {**QUIET_PREFECT, "PREFECT_API_URL": api, "PREFECT_HOME": str(home)}


def measured(folder: Path, server: SlotServer, env: dict[str, str], n_rounds: int) -> dict[str, float]:
    """The medians of so many runs, after one that is not counted."""
    benchmark = write_cases(folder / "cases.jsonl", 1)
    rounds: list[dict[str, float]] = []
    for number in range(n_rounds + 1):
        server.reset()
        words = evaluate_words(server, [benchmark], slots=1, database=folder / f"{len(list(folder.iterdir()))}.db")
        done = run(words, folder, env)
        check_result(done, n_cases=1)
        if number:
            parts = parts_s(done, server.stats())
            rounds.append({"before_s": parts["before_s"], "command_s": done.seconds, "cpu_s": done.cpu_s})
    return {name: median(each[name] for each in rounds) for name in rounds[0]}


def main() -> int:
    """Measure, and print the figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5, help="runs with each server (default: %(default)s)")
    options = parser.parse_args()
    try:
        with workplace() as (folder, stack):
            server = stack.enter_context(slot_server(slots=1))
            served = stack.enter_context(served_prefect(folder))
            plain = stack.enter_context(standing_prefect(folder)).env
            alone = {**QUIET_PREFECT, "PREFECT_HOME": str(folder / "alone")}
            found = {
                name: measured(folder, server, env, options.rounds)
                for name, env in (("served", served), ("plain", plain), ("none", alone))
            }
    except MeasuringError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    words = (f"{name}: {each['before_s']:.1f} of {each['command_s']:.1f} s" for name, each in found.items())
    print_result("first_request", {"rounds": options.rounds, **found}, f"first request after {'; '.join(words)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
