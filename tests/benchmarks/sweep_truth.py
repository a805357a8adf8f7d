"""Does a sweep find the truth where it is known? Prints one line of JSON.

A server answers rightly with a probability that is a smooth function of temperature and top_p, and of nothing else:
72 combinations with an irrelevant third parameter. The sweep is killed once on the way, and gone on with.
"""

import argparse
import hashlib
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests" / "support"))

from scripted_ollama import Chat, Reply, scripted_ollama  # noqa: E402 - stands beside the tests

OPTIMUM = {"temperature": 0.4, "top_p": 0.8}
PARAMETERS = ("temperature=0:1:0.2", "top_p=0.4,0.6,0.8,1.0", "top_k=10,40,100")


def chance(options: dict[str, Any]) -> float:
    """How often an average case is answered rightly; the optimum is inside the space."""
    return (
        0.85
        - 0.9 * (options["temperature"] - OPTIMUM["temperature"]) ** 2
        - 1.6 * (options["top_p"] - OPTIMUM["top_p"]) ** 2
    )


def main() -> None:
    """Runs the sweep, kills it, goes on with it, and says what it found."""
    given = _arguments()
    with tempfile.TemporaryDirectory() as folder, scripted_ollama() as server:
        drawn = _Answers(given.seed, given.latency)
        server.add("known:1b", drawn.reply)
        found = _sweep(Path(folder), server.url, given)
        found["requests"] = len(server.chats)
    print(json.dumps(found))


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--cases", type=int, default=30)
    parser.add_argument("--slots", type=int, default=8)
    parser.add_argument("--latency", type=float, default=0.2, help="seconds that an answer takes")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--keep-alive", action="store_true", help="do not kill it on the way")
    return parser.parse_args()


class _Answers:
    """Right or wrong, drawn from the request itself, so that asking again gives the same."""

    def __init__(self, seed: int, latency_s: float) -> None:
        self.seed, self.latency_s = seed, latency_s

    def reply(self, chat: Chat) -> Reply:
        own = {name: chat.options[name] for name in ("temperature", "top_p", "top_k")}
        # Half of the luck is the case's, shared by all combinations.
        luck = (self._draw(chat.prompt) + self._draw(chat.prompt, sorted(own.items()))) / 2
        text = "42" if _spread(luck) < chance(own) else "41"
        return Reply(text=text, delay_s=self.latency_s)

    def _draw(self, *words: object) -> float:
        digest = hashlib.sha256(repr((self.seed, *words)).encode()).digest()
        return int.from_bytes(digest[:8], "big") / 2**64


def _spread(mean_of_two: float) -> float:
    """The mean of two uniform numbers as a uniform one."""
    return 2 * mean_of_two**2 if mean_of_two < 0.5 else 1 - 2 * (1 - mean_of_two) ** 2


def _sweep(folder: Path, url: str, given: argparse.Namespace) -> dict[str, Any]:
    cases = folder / "known.jsonl"
    header = {"benchmark": {"name": "known", "task_type": "reasoning", "metrics": ["exact_match"]}}
    rows = [{"case_id": f"c{n}", "prompt": f"Question {n}?", "references": ["42"]} for n in range(given.cases)]
    cases.write_text("".join(json.dumps(row) + "\n" for row in [header, *rows]))
    swept = [word for text in PARAMETERS for word in ("--param", text)]
    asked = ["--benchmark", str(cases), "--model", "known:1b", *swept, "--seed", str(given.seed)]
    how = ["--endpoint", url, "--slots", str(given.slots), "--db", str(folder / "sweep.db"), "--json"]
    began = time.monotonic()
    if not given.keep_alive:
        _killed_halfway([*asked, *how], folder)
    first_s = time.monotonic() - began
    words = asked if given.keep_alive else ["--resume", "last"]
    began = time.monotonic()
    done = subprocess.run(_command([*words, *how]), env=_environment(folder), capture_output=True, text=True)
    if done.returncode != 0:
        raise SystemExit(f"the sweep ended with {done.returncode}: {done.stderr[-2000:]}")
    seconds = time.monotonic() - began + (0 if given.keep_alive else first_s)
    return _judged(json.loads(done.stdout)["sweep"], seconds, given)


def _command(words: list[str]) -> list[str]:
    return [sys.executable, "-m", "deployments.cli", "sweep", *words]


def _environment(folder: Path) -> dict[str, str]:
    own = {"PYTHONPATH": str(ROOT), "HOME": str(folder), "PREFECT_HOME": str(folder / "prefect")}
    return {**os.environ, **own, "PREFECT_SERVER_ANALYTICS_ENABLED": "false"}


def _killed_halfway(words: list[str], folder: Path) -> None:
    """Starts the sweep and kills it, without a word, when it says that combinations are done."""
    process = subprocess.Popen(
        _command(words), env=_environment(folder), stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
    )
    assert process.stderr is not None
    for line in process.stderr:
        if " of 72 combinations" in line and not line.startswith("note: 72"):
            break
    process.send_signal(signal.SIGKILL)
    process.wait()


def _judged(sweep: dict[str, Any], seconds: float, given: argparse.Namespace) -> dict[str, Any]:
    metric = sweep["metrics"][0]
    effects = {effect["name"]: effect for effect in metric["effects"]}
    holds = {
        name: effects[name]["recommended"]["low"] <= best <= effects[name]["recommended"]["high"]
        for name, best in OPTIMUM.items()
    }
    return {
        "program": "sweep_truth",
        "combinations": sweep["n_combinations"],
        "cases": given.cases,
        "seed": given.seed,
        "seconds": round(seconds, 1),
        "combinations_a_minute": round(60 * sweep["n_combinations"] / seconds, 1),
        "shown": [name for name, effect in effects.items() if effect["is_shown"]],
        "recommended": {name: effects[name]["recommended"] for name in OPTIMUM},
        "holds_the_optimum": holds,
        "irrelevant_is_called_so": not effects["top_k"]["is_shown"],
        "n_may_be_best": metric["n_may_be_best"],
        "highest": metric["combinations"][0]["combination"],
    }


if __name__ == "__main__":
    main()
