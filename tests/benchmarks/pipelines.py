"""What do pipelines cost beside the least possible: loads, idle slots, and stages asked again after a kill?

    python tests/benchmarks/pipelines.py

On a server with one model in memory, `retrieval` (an embedder and a model) and `cascade` (two models) go through all
cases: how many loads, and how long from the first load to the last answer, beside the least that loads and generations
on all slots take. `map_reduce` with many chunks a case is compared with a bare client that asks the same requests of
the same server, all at once. Then a run of all three is killed again and again in mid-pipeline, and resumed
(`pipeline_kills.py`).
"""

import argparse
import json
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from math import ceil
from pathlib import Path
from typing import Any

from measuring import (
    EMBEDDER,
    MODEL,
    OTHER_MODEL,
    PrefectServer,
    SlotServer,
    busy_share,
    check_result,
    evaluate_words,
    print_result,
    question,
    run,
    run_bare,
    slot_server,
    standing_prefect,
    workplace,
    write_cases,
)
from pipeline_kills import killed_and_resumed

WORDS_OF_A_CHUNK, WORDS_OF_A_SENTENCE = 50, 10
N_DOCUMENTS = 8
EVEN = "[0-9]*[02468]"
"""What the small model of the cascade is sure of: half of the cases."""
CASCADE = f"{MODEL} pipeline=cascade large={OTHER_MODEL} signal=format pattern={EVEN}"
MAP_REDUCE = f"{MODEL} pipeline=map_reduce chunk_size={WORDS_OF_A_CHUNK} note_tokens=32"


def retrieval(corpus: Path) -> str:
    """The candidate that searches the corpus. Its own model is that of no other candidate's first stage."""
    sizes = f"chunk_size={WORDS_OF_A_CHUNK} top_k=3 min_similarity=-1"
    return f"{OTHER_MODEL} pipeline=retrieval corpus={corpus} embedder={EMBEDDER} {sizes}"


def write_corpus(folder: Path) -> Path:
    """A folder of short documents."""
    folder.mkdir()
    for number in range(N_DOCUMENTS):
        (folder / f"{number}.md").write_text(f"What was asked under number {number} is answered with {number}.\n")
    return folder


def write_documents(path: Path, n_cases: int, n_chunks: int) -> Path:
    """A benchmark of documents of so many paragraphs, each a chunk, whose last number is the right answer."""
    with path.open("w") as file:
        for i in range(n_cases):
            paragraphs = "\n\n".join(_paragraph(part, i) for part in range(n_chunks))
            case = {"case_id": f"c{i}", "prompt": paragraphs, "references": [str(i)]}
            file.write(json.dumps(case) + "\n")
    return path


def _paragraph(part: int, number: int) -> str:
    sentence = " ".join([f"part{part:02}", *["word"] * (WORDS_OF_A_SENTENCE - 2), str(number)]) + "."
    return " ".join([sentence] * (WORDS_OF_A_CHUNK // WORDS_OF_A_SENTENCE))


@contextmanager
def servers(options: argparse.Namespace, slots: int) -> Iterator[tuple[Path, PrefectServer, SlotServer]]:
    """A folder, a Prefect server and a server of models with none in memory."""
    with workplace() as (folder, stack):
        prefect = stack.enter_context(standing_prefect(folder, options.prefect))
        yield (
            folder,
            prefect,
            stack.enter_context(
                slot_server(
                    slots=slots, latency_s=options.latency, load_s=options.load, embedding_s=options.latency / 10
                )
            ),
        )


def of_several_models(name: str, options: argparse.Namespace) -> dict[str, Any]:
    """Loads and seconds of a pipeline that asks two models, beside the least possible."""
    with servers(options, options.slots) as (folder, prefect, server):
        candidate = CASCADE if name == "cascade" else retrieval(write_corpus(folder / "corpus"))
        cases = write_cases(folder / "cases.jsonl", options.cases)
        words = evaluate_words(
            server, [cases], slots=options.slots, database=folder / "store.db", models=(), candidates=[candidate]
        )
        done = run(words, folder, prefect.env)
        check_result(done, n_cases=options.cases)
        stats, asked = server.stats(), server.asked()
    n_requests = Counter(model for _, model, _ in asked)
    each_s = {EMBEDDER: options.latency / 10}
    least_s = len(n_requests) * options.load + sum(
        ceil(n / options.slots) * each_s.get(model, options.latency) for model, n in n_requests.items()
    )
    serving_s = stats["last"] - stats["opened"]
    return {
        "requests": dict(n_requests),
        "loads": stats["loads"],
        "pairs": len(n_requests),
        "least_s": least_s,
        "serving_s": serving_s,
        "ratio": serving_s / least_s,
        "phases": phases(asked, stats["opened"]),
        "command_s": done.seconds,
    }


def phases(asked: list[tuple[float, str, str]], opened: float) -> list[tuple[str, float, float]]:
    """Each model in its turn, with the seconds from the beginning to its first request and to its last one."""
    turns: list[tuple[str, float, float]] = []
    for at, model, _ in asked:
        if not turns or turns[-1][0] != model:
            turns.append((model, at - opened, at - opened))
        turns[-1] = (model, turns[-1][1], at - opened)
    return turns


def of_many_chunks(options: argparse.Namespace) -> dict[str, Any]:
    """How busy `map_reduce` keeps the slots, beside a bare client with the same requests."""
    with servers(options, options.map_slots) as (folder, prefect, server):
        cases = write_documents(folder / "documents.jsonl", options.documents, options.chunks)
        words = evaluate_words(
            server, [cases], slots=options.map_slots, database=folder / "store.db", models=(), candidates=[MAP_REDUCE]
        )
        done = run(words, folder, prefect.env)
        check_result(done, n_cases=options.documents)
        ours, asked = server.stats(), server.asked()
        prompts = folder / "prompts.json"
        prompts.write_text(json.dumps([question(0), *(prompt for _, _, prompt in asked)]))
        (folder / "first.json").write_text(json.dumps([question(0)]))
        run_bare(server, folder / "first.json", 1, folder)  # the load is not the bare client's
        prompts.write_text(json.dumps([prompt for _, _, prompt in asked]))
        server.reset()
        run_bare(server, prompts, options.map_slots, folder)
        bare = server.stats()
    return {
        "requests": ours["requests"],
        "requests_of_a_case": options.chunks + 1,
        "demand": ours["demand"],
        "bare": busy_share(bare),
        "benchwright": busy_share(ours),
        "ratio": busy_share(ours) / busy_share(bare),
        "command_s": done.seconds,
    }


def of_kills(options: argparse.Namespace) -> dict[str, Any]:
    """A run of all three pipelines, killed so many times."""
    with servers(options, options.map_slots) as (folder, prefect, server):
        corpus = write_corpus(folder / "corpus")
        short = write_cases(folder / "cases.jsonl", options.cases)
        long = write_documents(folder / "documents.jsonl", options.documents, options.kill_chunks)
        words = {
            "models": evaluate_words(
                server,
                [short],
                slots=options.map_slots,
                database="{database}",
                models=(),
                candidates=[CASCADE, retrieval(corpus)],
            ),
            "chunks": evaluate_words(
                server, [long], slots=options.map_slots, database="{database}", models=(), candidates=[MAP_REDUCE]
            ),
        }
        return {
            name: killed_and_resumed(argv, folder / name, prefect, server, n_kills=n, seed=options.seed)
            for (name, argv), n in zip(
                words.items(), (options.kills - options.kills // 2, options.kills // 2), strict=True
            )
        }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--cases", type=int, default=40, help="cases of the pipelines that ask two models")
    parser.add_argument("--slots", type=int, default=4)
    parser.add_argument("--documents", type=int, default=20, help="cases of map_reduce")
    parser.add_argument("--chunks", type=int, default=20, help="chunks of each of them")
    parser.add_argument("--map-slots", type=int, default=8, help="slots for map_reduce")
    parser.add_argument("--latency", type=float, default=0.2, help="seconds that a generation takes; ten embeddings")
    parser.add_argument("--load", type=float, default=1.0, help="seconds that a load takes")
    parser.add_argument("--kills", type=int, default=20, help="kill -9 in mid-pipeline, half of them in map_reduce")
    parser.add_argument("--kill-chunks", type=int, default=10, help="chunks of a case while runs are killed")
    parser.add_argument("--seed", type=int, default=0, help="of the moments of the kills")
    parser.add_argument("--prefect", metavar="API", help="a standing Prefect server; default: one is started")
    options = parser.parse_args()
    several = {name: of_several_models(name, options) for name in ("retrieval", "cascade")}
    chunks = of_many_chunks(options)
    kills = of_kills(options) if options.kills else {}
    sizes = ("cases", "slots", "documents", "chunks", "map_slots", "latency", "load", "kills")
    said = [
        f"{name}: {each['loads']} loads for {each['pairs']} models, {each['ratio']:.2f} x the least possible"
        for name, each in several.items()
    ]
    said.append(f"map_reduce: slots busy {chunks['benchwright']:.3f}, bare client {chunks['bare']:.3f}")
    said += [
        f"{each['kills']} kills: {each['asked_again']} stored stages asked again, {each['lost']} lost, "
        f"{each['different']} different"
        for each in kills.values()
    ]
    values = {name: getattr(options, name) for name in sizes} | several | {"map_reduce": chunks, "killed": kills}
    print_result("pipelines", values, "; ".join(said))


if __name__ == "__main__":
    main()
