"""Does a verdict keep its promise? Many comparisons of candidates whose true difference is known.

    python tests/benchmarks/calibration.py fixed                      # false alarms, coverage and power
    python tests/benchmarks/calibration.py equivalence                # two one-sided tests against a margin
    python tests/benchmarks/calibration.py fixed --population normal --cases 20 --simulations 400

Each prints one line of JSON. A bound is missed where the figure lies beyond it by more than two standard errors; the
status is 1 where one is. Every comparison is made by `compare_pair`, as the product makes it. `calibration_tables.py`
writes kept lines into docs/statistics.md. Needs numpy and scipy; where statsmodels is installed, its tests stand beside
scipy's.
"""

import argparse
import json
import sys
import time
from datetime import UTC, datetime

from calibration_equivalence import equivalence
from calibration_fixed import fixed

PARTS = {"fixed": fixed, "equivalence": equivalence}


def main() -> int:
    """Prints the cells of one part; 1 where a bound was missed."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("part", choices=PARTS)
    parser.add_argument("--simulations", type=int, default=10_000, help="comparisons of each cell")
    parser.add_argument("--seed", type=int, default=2026)
    parser.add_argument("--population", help="only this one")
    parser.add_argument("--cases", type=int, action="append", help="only this number of cases")
    asked = parser.parse_args()
    began, cells = time.monotonic(), []
    for cell in PARTS[asked.part](
        simulations=asked.simulations, seed=asked.seed, only=asked.population, cases=asked.cases
    ):
        cells.append(cell)
        print(f"{cell['population']}, {cell['cases']} cases: {cell['missed'] or 'kept'}", file=sys.stderr, flush=True)
    found = {
        "program": "calibration",
        "part": asked.part,
        "date": datetime.now(UTC).date().isoformat(),
        "seed": asked.seed,
        "simulations": asked.simulations,
        "seconds": round(time.monotonic() - began, 1),
        "ok": bool(cells) and not any(cell["missed"] for cell in cells),
        "cells": cells,
    }
    print(json.dumps(found))
    return 0 if found["ok"] else 1


if __name__ == "__main__":
    sys.exit(main())
