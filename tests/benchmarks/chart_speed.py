"""What do the pictures of a page cost: seconds, CPU time and memory of the process that draws them, and their length?

    python tests/benchmarks/chart_speed.py --rounds 5

For pages of 1, 3 and 20 charts, each a median of all rounds. `first_s` is the first picture of a process that has
loaded the libraries, which stops all its threads, and `next_s` a later one.
"""

import argparse
import json
import resource
import subprocess
import sys
import time
from statistics import median
from typing import Any

from measuring import ROOT, print_result

sys.path.insert(0, str(ROOT / "tests" / "support"))

from sample_charts import KINDS

from evaluation.charts.drawing import as_svgs
from evaluation.charts.kinds import Chart

PAGES = (1, 3, 20)
IN_ONE_PROCESS = """
import json, sys, time
sys.path.insert(0, sys.argv[1])
from altair.utils.schemapi import disable_debug_mode
from sample_charts import KINDS
from evaluation.charts.rendering import as_svg
disable_debug_mode()
times = []
for make in [*KINDS.values()] * 3:
    begun = time.perf_counter()
    as_svg(make("a", 0.25))
    times.append(time.perf_counter() - begun)
print(json.dumps([times[0], sorted(times[1:])[len(times) // 2]]))
"""


def main() -> None:
    """Print the figures as a line of JSON."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5, help="of which medians are taken")
    rounds = range(parser.parse_args().rounds)
    pages = {str(n): medians([page_cost(n) for _ in rounds]) for n in PAGES}
    in_one = [json.loads(in_one_process()) for _ in rounds]
    first_s, next_s = (round(median(values), 3) for values in zip(*in_one, strict=True))
    figures = {"pages": pages, "first_s": first_s, "next_s": next_s, "child_mib": largest_child_mib()}
    print_result(
        "chart_speed",
        figures,
        f"a page of 3 charts takes {pages['3']['wall_s']} s and {pages['3']['cpu_s']} s of CPU time",
    )


def charts(n: int) -> list[Chart]:
    """Return so many charts, one kind after the other."""
    makes = list(KINDS.values())
    return [makes[place % len(makes)](f"candidate {place}", 0.25) for place in range(n)]


def page_cost(n: int) -> dict[str, float]:
    """Return what drawing of so many charts costs, in a process of its own as pages do it."""
    begun, before = time.perf_counter(), resource.getrusage(resource.RUSAGE_CHILDREN)
    svgs = as_svgs(charts(n))
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu_s = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return {
        "wall_s": time.perf_counter() - begun,
        "cpu_s": cpu_s,
        "characters": sum(map(len, svgs)) / n,
    }


def medians(costs: list[dict[str, float]]) -> dict[str, Any]:
    """Return the median of each figure."""
    return {name: round(median(cost[name] for cost in costs), 2) for name in costs[0]}


def in_one_process() -> str:
    """Return the seconds of the first picture and of a later one, as JSON, of a new process."""
    argv = [sys.executable, "-c", IN_ONE_PROCESS, str(ROOT / "tests" / "support")]
    return subprocess.run(argv, capture_output=True, text=True, check=True).stdout


def largest_child_mib() -> int:
    """Return the most memory that a process had which drew."""
    return resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss // 1024


if __name__ == "__main__":
    main()
