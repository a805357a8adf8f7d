"""How long do other evaluation tools take for the same cases on the same server?

    python tests/benchmarks/peers.py --tools ~/peers --install
    python tests/benchmarks/peers.py --tools ~/peers

`--install` puts Inspect, lm-evaluation-harness and promptfoo into the folder, each apart from this project and from the
others. Then every tool asks the same questions through the same slots, one tool after the other, each told how many
requests the server serves at once, and each with what it has for a quick run that still keeps its record; `_plain` is
the same tool told nothing but the requests at once. `commands` gives them in full. Seconds are those of the whole
command. Benchwright is measured twice: with a Prefect server standing, and with one to be started (`_alone`, in a home
that Prefect has used before).

With `--models 2` and `--load 1` the tools ask two models of a server that holds one.
"""

import argparse
import json
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from measuring import (
    MODEL,
    OTHER_MODEL,
    QUIET_PREFECT,
    ROOT,
    Done,
    MeasuringError,
    SlotServer,
    busy_share,
    check_result,
    evaluate_words,
    parts_s,
    print_result,
    question,
    run,
    run_bare,
    serving_s,
    slot_server,
    standing_prefect,
    workplace,
    write_cases,
)

ANSWER_TOKENS = 64


@dataclass(frozen=True, kw_only=True)
class Work:
    """What every tool is asked to do."""

    server: SlotServer
    n_cases: int
    slots: int
    models: Sequence[str]
    folder: Path
    tools: Path


@dataclass(frozen=True, kw_only=True)
class Call:
    """A command of a tool, and how to see that it did all its work well."""

    argv: Sequence[str]
    n_right: Callable[[Done], int]
    env: Mapping[str, str] = field(default_factory=dict)

    def shown(self, work: Work) -> str:
        """The command as one would type it in the folder with its files."""
        words = [f"{name}={value}" for name, value in self.env.items()] + list(self.argv)
        shown = " ".join(words).replace(f"{work.folder}/", "").replace(str(work.tools), "TOOLS")
        return shown.replace(work.server.url, "URL").replace(sys.executable, "python")


INSPECT_TASK = """\
from inspect_ai import Task, task
from inspect_ai.dataset import json_dataset
from inspect_ai.scorer import exact
from inspect_ai.solver import generate


@task
def steady():
    return Task(dataset=json_dataset("cases.jsonl"), solver=generate(), scorer=exact())
"""


def inspect(work: Work, extra: Sequence[str] = ()) -> list[Call]:
    """One command for all models; its own Ollama provider."""
    rows = [{"input": question(i), "target": str(i)} for i in range(work.n_cases)]
    _write_lines(work.folder / "cases.jsonl", rows)
    (work.folder / "task.py").write_text(INSPECT_TASK)
    models = ",".join(f"ollama/{model}" for model in work.models)
    argv = [str(work.tools / "inspect/bin/inspect"), "eval", "task.py", "--model", models]
    argv += ["--max-connections", str(work.slots), "--max-tokens", str(ANSWER_TOKENS), "--temperature", "0"]
    argv += ["--display", "none", "--log-dir", "logs", *extra]

    def n_right(done: Done) -> int:
        dump = [str(work.tools / "inspect/bin/inspect"), "log", "dump", "--header-only"]
        logs = [json.loads(run([*dump, str(path)], work.folder).output) for path in work.folder.glob("logs/*.eval")]
        values = [log["results"]["scores"][0]["metrics"]["mean"]["value"] for log in logs]
        return round(float(sum(values)) * work.n_cases)

    return [Call(argv=argv, env={"OLLAMA_BASE_URL": f"{work.server.url}/v1"}, n_right=n_right)]


def inspect_quick(work: Work) -> list[Call]:
    """One model after the other, no live view of the log, and some more samples in work than connections, not all."""
    return inspect(work, ["--max-tasks", "1", "--max-samples", str(2 * work.slots), "--no-log-realtime"])


def lm_eval(work: Work) -> list[Call]:
    """A command for each model, which is all that it takes; OpenAI's API, which is the one that it has."""
    rows = [{"prompt": question(i), "answer": str(i)} for i in range(work.n_cases)]
    _write_lines(work.folder / "cases.jsonl", rows)
    task = {
        "task": "steady",
        "dataset_path": "json",
        "dataset_kwargs": {"data_files": {"test": str(work.folder / "cases.jsonl")}},
        "test_split": "test",
        "output_type": "generate_until",
        "doc_to_text": "{{prompt}}",
        "doc_to_target": "{{answer}}",
        "generation_kwargs": {"until": [], "max_gen_toks": ANSWER_TOKENS, "temperature": 0},
        "metric_list": [{"metric": "exact_match", "aggregation": "mean", "higher_is_better": True}],
    }
    (work.folder / "steady.yaml").write_text(json.dumps(task))
    return [_lm_eval_call(work, model, f"out-{number}") for number, model in enumerate(work.models)]


def _lm_eval_call(work: Work, model: str, out: str) -> Call:
    url = f"{work.server.url}/v1/chat/completions"
    argv = [str(work.tools / "lm_eval/bin/lm_eval"), "run", "--model", "local-chat-completions", "--model_args"]
    argv += [f"model={model},base_url={url},num_concurrent={work.slots},max_retries=3", "--tasks", "steady"]
    argv += ["--include_path", ".", "--apply_chat_template", "--output_path", out, "--log_samples"]

    def n_right(done: Done) -> int:
        (path,) = work.folder.glob(f"{out}/**/results_*.json")
        value = json.loads(path.read_text())["results"]["steady"]["exact_match,none"]
        return round(float(value) * work.n_cases)

    return Call(argv=argv, n_right=n_right, env={"HF_HUB_OFFLINE": "1", "HF_HOME": str(work.folder / "hf")})


def promptfoo(work: Work, extra: Sequence[str] = ()) -> list[Call]:
    """One command for all models; its own Ollama provider, cache off."""
    lines = ["question,__expected", *(f"{question(i)},{i}" for i in range(work.n_cases))]
    (work.folder / "cases.csv").write_text("\n".join(lines) + "\n")
    options = {"config": {"temperature": 0, "num_predict": ANSWER_TOKENS}}
    config = {
        "prompts": ["{{question}}"],
        "providers": [{"id": f"ollama:chat:{model}", **options} for model in work.models],
        "tests": "file://cases.csv",
    }
    (work.folder / "config.yaml").write_text(json.dumps(config))
    argv = [str(work.tools / "promptfoo/node_modules/.bin/promptfoo"), "eval", "-c", "config.yaml", "--no-cache"]
    argv += ["--max-concurrency", str(work.slots), "-o", "out.json", *extra]
    env = {
        "OLLAMA_BASE_URL": work.server.url,
        "PROMPTFOO_DISABLE_TELEMETRY": "1",
        "PROMPTFOO_DISABLE_UPDATE": "1",
        "PROMPTFOO_DISABLE_REMOTE_GENERATION": "1",
        "PROMPTFOO_CONFIG_DIR": str(work.folder / "home"),
    }

    def n_right(done: Done) -> int:
        return int(json.loads((work.folder / "out.json").read_text())["results"]["stats"]["successes"])

    return [Call(argv=argv, env=env, n_right=n_right)]


def promptfoo_quick(work: Work) -> list[Call]:
    """Without a table and a bar on the terminal."""
    return promptfoo(work, ["--no-table", "--no-progress-bar"])


def benchwright(work: Work) -> list[Call]:
    """One command for all models; without a standing Prefect server unless the environment names one."""
    cases = write_cases(work.folder / "cases.jsonl", work.n_cases)
    database = work.folder / "store.db"
    argv = evaluate_words(work.server, [cases], slots=work.slots, database=database, models=work.models)

    def n_right(done: Done) -> int:
        check_result(done, n_cases=work.n_cases, n_candidates=len(work.models))
        return work.n_cases * len(work.models)

    return [Call(argv=argv, env={**QUIET_PREFECT, "PREFECT_HOME": str(work.folder / "prefect")}, n_right=n_right)]


PEERS: Mapping[str, Callable[[Work], list[Call]]] = {
    "inspect": inspect_quick,
    "inspect_plain": inspect,
    "lm_eval": lm_eval,
    "promptfoo": promptfoo_quick,
    "promptfoo_plain": promptfoo,
}


def measure(work: Work, make_calls: Callable[[Work], list[Call]], env: Mapping[str, str]) -> dict[str, Any]:
    """Whole seconds of the tool's commands, and what the server saw of them.

    Raises:
        MeasuringError: an answer is missing or wrong.
    """
    work.folder.mkdir()
    calls = make_calls(work)
    done = [run(call.argv, work.folder, {**call.env, **env}, cwd=_cwd(call, work)) for call in calls]
    stats = work.server.stats()
    n_right = sum(call.n_right(each) for call, each in zip(calls, done, strict=True))
    if n_right != work.n_cases * len(work.models):
        raise MeasuringError(f"{calls[0].shown(work)}: {n_right} right answers")
    whole = replace(done[0], seconds=done[-1].began + done[-1].seconds - done[0].began)
    return {
        **parts_s(whole, stats),
        "cpu_s": sum(each.cpu_s for each in done),
        "busy": busy_share(stats),
        "demand": stats["demand"],
        "loads": stats["loads"],
        "requests": stats["requests"],
        "commands": [call.shown(work) for call in calls],
    }


def _cwd(call: Call, work: Work) -> Path:
    """Benchwright is run from its checkout, the others from the folder with their files."""
    return ROOT if call.argv[0] == sys.executable else work.folder


def _write_lines(path: Path, rows: Sequence[Mapping[str, Any]]) -> None:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))


def install(tools: Path) -> None:
    """Puts the peers into the folder, each in a place of its own; packages come from where pip and npm are set up."""
    tools.mkdir(parents=True, exist_ok=True)
    for name, packages in (("inspect", ["inspect_ai", "openai"]), ("lm_eval", ["lm-eval[api]"])):
        subprocess.run([sys.executable, "-m", "venv", str(tools / name)], check=True)
        pip = [str(tools / name / "bin/python"), "-m", "pip", "install", "--quiet"]
        subprocess.run([*pip, *packages], check=True)
    folder = tools / "promptfoo"
    folder.mkdir(exist_ok=True)
    (folder / "package.json").write_text('{"private": true}')
    subprocess.run(["npm", "install", "--no-audit", "--no-fund", "promptfoo"], cwd=folder, check=True)


def versions(tools: Path) -> dict[str, str]:
    """Which versions are compared."""
    found = {}
    for name, package in (("inspect", "inspect_ai"), ("lm_eval", "lm_eval")):
        words = ["-c", f"from importlib.metadata import version; print(version({package!r}))"]
        found[name] = subprocess.check_output([str(tools / name / "bin/python"), *words], text=True).strip()
    package_file = tools / "promptfoo/node_modules/promptfoo/package.json"
    return {**found, "promptfoo": json.loads(package_file.read_text())["version"]}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--tools", type=Path, required=True, help="the folder of the other tools")
    parser.add_argument("--install", action="store_true", help="put them there, and measure nothing")
    parser.add_argument("--cases", type=int, default=500)
    parser.add_argument("--slots", type=int, default=16)
    parser.add_argument("--latency", type=float, default=0.2, help="seconds that a generation takes")
    parser.add_argument("--load", type=float, default=0.0, help="seconds that a load takes")
    parser.add_argument("--models", type=int, choices=(1, 2), default=1)
    parser.add_argument("--only", choices=sorted(PEERS), nargs="*", default=list(PEERS))
    asked = parser.parse_args()
    tools = asked.tools.expanduser().resolve()
    if asked.install:
        return install(tools)
    models = (MODEL, OTHER_MODEL)[: asked.models]
    results: dict[str, Any] = {}
    with workplace() as (folder, _):

        def measured(name: str, make_calls: Callable[[Work], list[Call]], **env: str) -> None:
            # A server for each: nothing is loaded when a tool begins.
            with slot_server(slots=asked.slots, latency_s=asked.latency, load_s=asked.load) as server:
                work = Work(
                    server=server,
                    n_cases=asked.cases,
                    slots=asked.slots,
                    models=models,
                    folder=folder / name,
                    tools=tools,
                )
                results[name] = measure(work, make_calls, env)
            print(f"{name}: {results[name]['command_s']:.1f} s", file=sys.stderr)

        if asked.models == 1:
            with slot_server(slots=asked.slots, latency_s=asked.latency, load_s=asked.load) as server:
                done = run_bare(server, asked.cases, asked.slots, folder)
                stats = server.stats()
                results["bare"] = {"command_s": done.seconds, "busy": busy_share(stats), "serving_s": serving_s(stats)}
        for name in asked.only:
            measured(name, PEERS[name])
        with standing_prefect(folder / "standing") as prefect:
            measured("benchwright", benchwright, **prefect.env)
        measured("benchwright_alone", benchwright, PREFECT_HOME=str(prefect.home))
    n_calls = asked.cases * len(models)
    values = {
        "cases": asked.cases,
        "models": len(models),
        "slots": asked.slots,
        "latency_s": asked.latency,
        "load_s": asked.load,
        "ideal_s": len(models) * asked.load + n_calls * asked.latency / asked.slots,
        "versions": versions(tools),
        "results": results,
        "command_ratio": {
            name: results["benchwright"]["command_s"] / results[name]["command_s"] for name in results if name in PEERS
        },
    }
    shares = ", ".join(f"{ratio:.2f} of {name}'s" for name, ratio in values["command_ratio"].items())
    print_result("peers", values, f"benchwright's whole command, its Prefect server standing: {shares}")


if __name__ == "__main__":
    main()
