"""Does the HTTP interface answer made-up requests as its description says?

    python tests/benchmarks/api_requests.py --requests 1000

schemathesis makes requests of the description, valid and invalid ones, the same number to every operation, and checks
the status, the media type, the headers and the content of each answer, and that no invalid one is accepted. The store
has something under every name in the examples. Exit code 1: an answer was an internal error, or not as described.
"""

import argparse
import math
import sys
import tempfile
from pathlib import Path
from typing import Any

from measuring import ROOT, print_result

sys.path.insert(0, str(ROOT / "tests" / "support"))

from api_examples import n_kinds, send_examples
from api_store import fill_for_examples

from deployments.api.app import create_app
from evaluation.store.session import keep_open, open_store


def main() -> int:
    """Send the requests, print what was wrong and one line of JSON, and return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--requests", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        database = str(Path(folder) / "benchwright.db")
        with open_store(database) as filled:
            fill_for_examples(filled)
        store = keep_open(database)
        app = create_app(store)
        sent = send_examples(app, 2 * math.ceil(options.requests / n_kinds(app)), random_seed=options.seed)
        store.close()
    for name, fault in sent.faults.items():
        print(f"{name}\n{fault}\n")
    values: dict[str, Any] = {
        "requests": sent.statuses.total(),
        "succeeded_operations": len(sent.succeeded),
        "statuses": {str(status): n for status, n in sorted(sent.statuses.items())},
        "faults": len(sent.faults),
    }
    words = ", ".join(f"{status}: {n}" for status, n in values["statuses"].items())
    print_result("api_requests", values, f"{values['requests']:,} requests, {len(sent.faults)} faults; {words}")
    return 1 if sent.faults else 0


if __name__ == "__main__":
    sys.exit(main())
