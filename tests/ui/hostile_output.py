"""Opens every artifact of every flow in a real browser, after models and names were as hostile as they can be.

    python tests/ui/hostile_output.py [FOLDER]

A Prefect server, a model server that answers by script, the real flows; then both interfaces of the server in headless
Chromium. It fails where anything that somebody else wrote became a link, an image, a heading, a script or a table, or
where it is not there as text. FOLDER gets a screenshot of each page. Needs playwright and a Chromium.
"""

import asyncio
import json
import os
import random
import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx

sys.path[:0] = [str(Path(__file__).parents[1] / "support"), str(Path(__file__).parents[2])]

from hostile_texts import ALL, MARK, NAME, TEXTS  # noqa: E402
from scripted_ollama import Chat, Reply, ScriptedOllama, right, scripted_ollama  # noqa: E402

N_CASES = 24
INTERFACES = {"v2": "/v2", "v1": ""}
FLAGS = [
    *("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"),
    *("--disable-component-update", "--disable-sync", "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1"),
]
CONTENT = ".prose, .markdown-renderer"
"""Where the two interfaces show Markdown: a page, and a description."""
FOUND = """roots => ({
    text: roots.map(root => root.innerText).join('\\n'),
    links: roots.flatMap(root => [...root.querySelectorAll('a')].map(link => link.getAttribute('href'))),
    images: roots.flatMap(root => [...root.querySelectorAll('img:not(.cm-widgetBuffer)')].map(image => image.src)),
    headings: roots.flatMap(root => [...root.querySelectorAll('h1,h2,h3,h4')].map(heading => heading.innerText)),
    foreign: roots.flatMap(root => [...root.querySelectorAll('script,iframe,object,svg,b,i,input,del,sup,style,form')]
        .map(element => element.outerHTML.slice(0, 200))),
    strong: roots.flatMap(root => [...root.querySelectorAll('strong,em,code')].map(element => element.innerText)),
})"""
OURS = ("../../runs/flow-run/", "../../artifacts/artifact/")


def main(folder: Path) -> int:
    """Runs everything, and returns 0 where all was text."""
    with tempfile.TemporaryDirectory(prefix="hostile-") as home:
        os.environ["PREFECT_HOME"] = f"{home}/prefect"
        os.environ["BENCHWRIGHT_DATABASE_URL"] = f"sqlite:///{home}/results.db"
        os.environ["BENCHWRIGHT_RETRY_BASE_S"] = "0.01"
        for name in ("PREFECT_API_URL", "PREFECT_PROFILE"):
            os.environ.pop(name, None)
        from deployments.prefect_server import prefect_server

        with prefect_server() as server:
            server.wait()
            begin_experiment()
            asyncio.run(run_flows(Path(home)))
            return look(server.page, folder)


async def run_flows(home: Path) -> None:
    """Every flow once, with hostile names, answers and messages."""
    from evaluation.comparing.request import read_comparison_request
    from evaluation.monitoring.request import MonitorRequest
    from evaluation.racing.request import read_race_request
    from evaluation.request import EvaluationRequest
    from evaluation.reviewing.request import ReviewRequest
    from evaluation.sweeping.request import read_sweep_request
    from flows.compare import compare
    from flows.evaluate import evaluate
    from flows.monitor import monitor
    from flows.race import race
    from flows.retrain import retrain
    from flows.review import review
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
        few, two, one = ({**asked, "models": models[:n]} for n in (3, 2, 1))
        swept = ["temperature=0.1,0.5", "top_p=0.5,0.9"]
        running: list[Any] = [
            evaluate(EvaluationRequest(**asked), return_state=True),
            evaluate(EvaluationRequest(**asked, experiment=NAME, reuse=True), return_state=True),
            compare(read_comparison_request({"evaluation": few}), return_state=True),
            compare(read_comparison_request({"evaluation": two}), return_state=True),
            race(read_race_request({"evaluation": few}), return_state=True),
            sweep(read_sweep_request({"evaluation": one, "parameters": swept}), return_state=True),
            retrain(RetrainRequest(), return_state=True),
            monitor(MonitorRequest(), return_state=True),
            review(ReviewRequest(n_cases=6, rater=NAME), return_state=True),
        ]
        for flow_run in running:
            state = await flow_run
            print(f"{state.name}: {state.message}", file=sys.stderr)


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
    """A file whose benchmark and cases have hostile names."""
    header = {"name": NAME, "task_type": NAME, "metrics": ["exact_match", "token_f1"], "description": ALL}
    lines: list[dict[str, Any]] = [{"benchmark": header}]
    lines += [
        {
            "case_id": f"{number} {TEXTS[number % len(TEXTS)]}",
            "prompt": f"What is {number}?",
            "references": [str(number)],
        }
        for number in range(N_CASES)
    ]
    path = home / "hostile.jsonl"
    path.write_text("".join(json.dumps(line) + "\n" for line in lines))
    return str(path)


@contextmanager
def browser_page() -> Iterator[Any]:
    """A page of a headless Chromium that can reach this machine alone."""
    from playwright.sync_api import sync_playwright

    found = next(
        (path for name in ("chromium", "chromium-browser", "google-chrome") if (path := shutil.which(name))), None
    )
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found, args=FLAGS)
        page = browser.new_page(viewport={"width": 1500, "height": 1000})
        try:
            yield page
        finally:
            browser.close()


def look(server: str, folder: Path) -> int:
    """Opens every artifact in both interfaces, and says what is wrong."""
    found = httpx.post(f"{server}/api/artifacts/filter", json={"limit": 200}, trust_env=False, timeout=60).json()
    found = [artifact for artifact in found if artifact["type"] in ("markdown", "table", "progress")]
    wrong: list[str] = []
    n_hostile = 0
    folder.mkdir(parents=True, exist_ok=True)
    with browser_page() as page:
        page.on("dialog", lambda dialog: (wrong.append(f"a dialog opened: {dialog.message}"), dialog.dismiss()))
        page.on("request", lambda request: "evil.example" in request.url and wrong.append(f"asked for {request.url}"))
        for artifact in found:
            for interface, path in INTERFACES.items():
                name = f"{artifact['key'][:40]}-{artifact['id'][:6]}-{interface}"
                page.goto(f"{server}{path}/artifacts/artifact/{artifact['id']}")
                n_hostile += check(page, artifact, lambda said, name=name: wrong.append(f"{name}: {said}"))
                page.screenshot(path=str(folder / f"{name}.png"), full_page=True)
    print(f"{len(found)} artifacts in {len(INTERFACES)} interfaces, {n_hostile} with hostile words; {len(wrong)} wrong")
    print("\n".join(wrong))
    return 0 if not wrong and n_hostile >= len(found) else 1


def check(page: Any, artifact: dict[str, Any], complain: Any) -> bool:
    """True where something hostile is on the page; complains where it is not text alone."""
    raw = f"{artifact['data']} {artifact['description']}"
    if artifact["type"] == "table":
        page.wait_for_selector("table td", timeout=60_000)
    elif artifact["type"] == "markdown":
        page.wait_for_function(
            "sel => [...document.querySelectorAll(sel)].some(e => e.innerText.length > 80)", arg=CONTENT
        )
    else:
        page.wait_for_selector("text=/%|answered|scores/", timeout=60_000)
    seen = page.eval_on_selector_all(CONTENT, FOUND)
    for link in seen["links"]:
        if not str(link).startswith(OURS):
            complain(f"a link to {link!r}")
    for image in seen["images"]:
        if not image.startswith("data:image/svg+xml;base64,"):
            complain(f"an image {image[:80]!r}")
    for said in seen["foreign"]:
        complain(f"an element {said!r}")
    for said in seen["strong"]:
        if said == MARK or said == "x":
            complain(f"an emphasised {said!r}")
    for heading in seen["headings"]:
        if heading.strip().startswith(MARK) and heading.strip() != shown(NAME):
            complain(f"a heading {heading!r}")
    if page.eval_on_selector_all("script", "found => found.some(e => e.textContent.includes('hostile'))"):
        complain("a script")
    everything = page.inner_text("body").replace("\u200b", "")
    if MARK in raw and MARK not in everything:
        complain("the words are not there")
    if "\u202e" in everything or "\x1b" in everything:
        complain("a control character")
    return MARK in raw


def shown(text: str) -> str:
    """A name as a page has it, where a link is broken by a letter that is not seen."""
    return text.replace("://", ":\u200b//").replace("www.", "w\u200bww.")


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1] if len(sys.argv) > 1 else tempfile.mkdtemp(prefix="screenshots-"))))
