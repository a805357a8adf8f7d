"""Opens every artifact of every flow in a real browser, after models and names were as hostile as they can be.

    python tests/ui/hostile_output.py [FOLDER]

A Prefect server, a model server that answers by script, the real flows, a worker for the reviews; then both
interfaces of the server in headless Chromium, the forms of the reviews too. It fails where anything that somebody else
wrote became a link, an image, a heading, a script or a table, where it is not there as text or was not there to be
looked at, and where a flow ends otherwise than meant. It tells how many hostile words each page shows. FOLDER gets a
screenshot of each page. Needs playwright and a Chromium.
"""

import asyncio
import json
import os
import random
import sys
import tempfile
from pathlib import Path
from typing import Any

import httpx

sys.path[:0] = [str(Path(__file__).parents[1] / "support"), str(Path(__file__).parents[2])]

from hostile_pages import Look, browser_page  # noqa: E402
from hostile_texts import ALL, NAME, TEXTS  # noqa: E402
from scripted_ollama import Chat, Reply, ScriptedOllama, right, scripted_ollama  # noqa: E402

N_CASES = 24
GIVEN_UP = "all other results are valid"
"""How an evaluation ends of which a model only fails."""
REVIEW_PAGES = ("-cases-", "-result", "-scores")


def main(folder: Path) -> int:
    """Runs everything, and returns 0 where all was text."""
    with tempfile.TemporaryDirectory(prefix="hostile-") as home:
        os.environ["PREFECT_HOME"] = f"{home}/prefect"
        os.environ["BENCHWRIGHT_DATABASE_URL"] = f"sqlite:///{home}/results.db"
        os.environ["BENCHWRIGHT_RETRY_BASE_S"] = "0.01"
        for name in ("PREFECT_API_URL", "PREFECT_PROFILE"):
            os.environ.pop(name, None)
        from deployments.prefect_server import prefect_server

        with prefect_server(has_password=False) as server:
            server.wait()
            begin_experiment()
            wrong = asyncio.run(run_flows(Path(home)))
            from hostile_review import review_all, reviews_deployed

            with reviews_deployed(), browser_page() as page:
                look = Look(page, server.page, folder)
                look.wrong += wrong
                review_all(look, server.api)
                look_at_all(look)
            return look.finish()


async def run_flows(home: Path) -> list[str]:
    """Every flow but `review` once, with hostile names, answers and messages; those that did not end as they should."""
    from evaluation.requests.comparison_request import read_comparison_request
    from evaluation.requests.evaluation_request import EvaluationRequest
    from evaluation.requests.monitor_request import MonitorRequest
    from evaluation.requests.race_request import read_race_request
    from evaluation.requests.sweep_request import read_sweep_request
    from flows.compare import compare
    from flows.evaluate import evaluate
    from flows.monitor import monitor
    from flows.race import race
    from flows.retrain import retrain
    from flows.sweep import sweep
    from selection.retrain_request import RetrainRequest

    with scripted_ollama() as server:
        models = add_models(server)
        asked: dict[str, Any] = {
            "benchmarks": [benchmark(home)],
            "models": models,
            "endpoints": [server.url],
            "slots": 4,
            "max_failures": "100%",
        }
        few, two, one = ({**asked, "models": chosen} for chosen in (models[:3], models[:2], [NAME]))
        swept = ["temperature=0.1,0.5", "top_p=0.5,0.9"]
        running: list[tuple[str, Any]] = [
            (GIVEN_UP, evaluate(EvaluationRequest(**asked), return_state=True)),
            (GIVEN_UP, evaluate(EvaluationRequest(**asked, experiment=NAME, reuse=True), return_state=True)),
            ("", compare(read_comparison_request({"evaluation": few}), return_state=True)),
            ("", compare(read_comparison_request({"evaluation": two}), return_state=True)),
            ("", race(read_race_request({"evaluation": few}), return_state=True)),
            ("", sweep(read_sweep_request({"evaluation": one, "parameters": swept}), return_state=True)),
            ("", retrain(RetrainRequest(), return_state=True)),
            ("", monitor(MonitorRequest(), return_state=True)),
        ]
        return [wrong for meant, flow_run in running for wrong in ended_otherwise(await flow_run, meant)]


def ended_otherwise(state: Any, meant: str) -> list[str]:
    """What is wrong with the end of a flow run.

    Args:
        state: Its last one.
        meant: What it says where it should fail; empty where it should not.
    """
    said = f"{state.name}: {state.message}"
    print(said, file=sys.stderr)
    ended_as_meant = state.is_failed() and meant in said if meant else state.is_completed()
    return [] if ended_as_meant else [f"a flow ended otherwise than meant: {said}"]


def begin_experiment() -> None:
    """An experiment with a hostile name, in the store that the flows will use."""
    from evaluation.settings import Settings
    from evaluation.store.experiments import create_experiment
    from evaluation.store.session import open_store

    with open_store(Settings().database) as store:
        create_experiment(store, name=NAME)


def add_models(server: ScriptedOllama) -> list[str]:
    """Models that are right now and then, one that is called something hostile, and one that only fails."""
    names = ["good:1b", NAME, "poor:1b"]
    for name, share in zip(names, (0.8, 0.6, 0.3), strict=True):
        server.add(name, _sometimes_right(share))
    server.add("failing:1b", lambda chat: Reply(status=400, error=ALL) if "3" in chat.prompt else Reply(text=""))
    return [*names, "failing:1b"]


def _sometimes_right(share: float) -> Any:
    def script(chat: Chat) -> Reply:
        drawn = random.Random(f"{chat.prompt} {share}")
        return right(chat) if drawn.random() < share else Reply(text=drawn.choice([*TEXTS, ALL]))

    return script


def benchmark(home: Path) -> str:
    """A file whose benchmark and cases have names as hostile as names may be."""
    from evaluation.files.names import name_problem

    header = {"name": NAME, "task_type": NAME, "metrics": ["exact_match", "token_f1"], "description": ALL}
    lines: list[dict[str, Any]] = [{"benchmark": header}]
    names = [text for text in TEXTS if name_problem(text) is None]
    lines += [
        {
            "case_id": f"{number} {names[number % len(names)]}",
            "prompt": f"What is {number}?",
            "references": [str(number)],
        }
        for number in range(N_CASES)
    ]
    path = home / "hostile.jsonl"
    path.write_text("".join(json.dumps(line) + "\n" for line in lines))
    return str(path)


def look_at_all(look: Look) -> None:
    """Opens every artifact in both interfaces."""
    from hostile_review import answers_on

    found = httpx.post(f"{look.server}/api/artifacts/filter", json={"limit": 200}, trust_env=False, timeout=60).json()
    found = [artifact for artifact in found if artifact["type"] in ("markdown", "table", "progress")]
    for artifact in sorted(found, key=lambda one: one["key"]):
        look.artifact(artifact, answers_on(artifact))
    of_reviews = [artifact["key"] for artifact in found if artifact["key"].startswith("review-")]
    look.wrong += [
        f"no page of a review is called …{kind}" for kind in REVIEW_PAGES if not any(kind in key for key in of_reviews)
    ]


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1] if len(sys.argv) > 1 else tempfile.mkdtemp(prefix="screenshots-"))))
