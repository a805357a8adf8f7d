"""Precision and recall of the checks of a written suite: planted faults, and checkers that make mistakes themselves.

    PYTHONPATH=tests/support python tests/benchmarks/suite_checks.py

Twenty documents, a writer of which one in two drafts is faulty by plan, and a reader as checker: what is dropped
rightly, what wrongly, and which check caught which fault. No server is asked: the rules and the verification are run
as they are.
"""

import argparse
import sys
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from scripted_stations import FAULTS, Reader, Stations, Writer

from evaluation.metrics.requests import AskJudge
from evaluation.retrieval.documents import Corpus, Document
from evaluation.retrieval.search import Index
from evaluation.suite_writing.drafts import Draft, Dropped, Kind
from evaluation.suite_writing.questions import ask_writer
from evaluation.suite_writing.replies import BrokenReplyError, read_draft
from evaluation.suite_writing.selection import checked_by_rules
from evaluation.suite_writing.verification import Checker, verification
from evaluation.suite_writing.writing_plan import all_passages, nearest, writing_tasks

MISREADS = (0.0, 0.02, 0.05, 0.1)
SHARED = (0.0, 0.05, 0.1, 0.2)


@dataclass
class Counts:
    """What became of planted faults and of sound drafts."""

    caught: Counter[str] = field(default_factory=Counter)
    missed: Counter[str] = field(default_factory=Counter)
    by_check: defaultdict[str, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))
    n_sound_kept: int = 0
    n_sound_dropped: int = 0
    n_asked: int = 0

    @property
    def precision(self) -> float:
        """Share of the dropped drafts that were faulty."""
        return self.caught.total() / (self.caught.total() + self.n_sound_dropped)

    @property
    def recall(self) -> float:
        """Share of the faulty drafts that were dropped."""
        return self.caught.total() / (self.caught.total() + self.missed.total())

    @property
    def lost(self) -> float:
        """Share of the sound drafts that were dropped."""
        return self.n_sound_dropped / (self.n_sound_dropped + self.n_sound_kept)

    @property
    def recall_of_other_answers(self) -> float:
        """Share of the drafts with a false answer that were dropped, which the checker's own mistakes can save."""
        fault = FAULTS[0]
        n = self.caught[fault] + self.missed[fault]
        return self.caught[fault] / n if n else 1.0

    @property
    def kept_well(self) -> float:
        """Share of the kept cases that are sound."""
        return self.n_sound_kept / (self.n_sound_kept + self.missed.total())


def measure(counts: Counts, *, seed: int, n: int, misreads: float = 0.0, shared: float = 0.0) -> None:
    """Writes and checks one suite, and adds what became of its drafts."""
    stations = Stations.of(seed)
    corpus = Corpus(
        name="stations",
        documents=tuple(Document(path=name, text=text, digest=name) for name, text in stations.texts.items()),
    )
    index = Index(passages=all_passages(corpus))
    writer = Writer(stations)
    tasks = writing_tasks(index, n=n, kinds=list(Kind), seed=seed)
    faults: dict[int, str | None] = {}
    drafts: list[Draft] = []
    fallen: dict[int, Dropped] = {}
    for task in tasks:
        request = ask_writer(task, model="writer", digest="a", seed=seed)
        key = f"{request.seed} {request.messages[-1].content}"
        reply = writer.reply(request.messages[-1].content, request.seed)
        faults[task.number] = writer.planted[key].fault
        try:
            drafts.append(read_draft(reply, task))
        except BrokenReplyError as error:
            fallen[task.number] = Dropped(task=task, check="broken_reply", reason=error.message)  # type: ignore[arg-type]
    answers = {draft.question: draft.answer for draft in drafts if draft.answer and faults[draft.task.number]}
    reader = Reader(stations, misreads=misreads, shares_mistakes=shared, mistakes=answers.get)
    sound, broken = checked_by_rules(drafts)
    fallen |= {each.task.number: each for each in broken}
    for draft in sound:
        verdict, n_asked = _verdict(draft, reader, index)
        counts.n_asked += n_asked
        if verdict is not None:
            fallen[draft.task.number] = verdict
    _count(counts, faults, fallen)


def _verdict(draft: Draft, reader: Reader, index: Index) -> tuple[Dropped | None, int]:
    near = nearest(index, draft.question, top_k=5) if draft.task.kind is Kind.UNANSWERABLE else ()
    steps = verification(draft, Checker(model="reader", digest="b"), near=near)
    n_asked = 0
    try:
        request: AskJudge = next(steps)
        while True:
            n_asked += 1
            is_guessing = "without the document" in request.messages[0].content
            request = steps.send(reader.reply(request.messages[1].content, request.seed, is_guessing=is_guessing))
    except StopIteration as end:
        return end.value, n_asked


def _count(counts: Counts, faults: dict[int, str | None], fallen: dict[int, Dropped]) -> None:
    for number, fault in faults.items():
        if fault is None:
            counts.n_sound_dropped += number in fallen
            counts.n_sound_kept += number not in fallen
            if number in fallen:
                counts.by_check["(sound)"][str(fallen[number].check)] += 1
        elif number in fallen:
            counts.caught[fault] += 1
            counts.by_check[fault][str(fallen[number].check)] += 1
        else:
            counts.missed[fault] += 1


def measured(seeds: Sequence[int], n: int, **mistakes: float) -> Counts:
    """Returns the counts over several worlds."""
    counts = Counts()
    for seed in seeds:
        measure(counts, seed=seed, n=n, **mistakes)
    return counts


def print_faults(counts: Counts) -> None:
    """Prints each planted fault with how often it was caught, and where."""
    print("| planted fault | planted | caught | by |\n|---|--:|--:|---|")
    for fault in FAULTS:
        n = counts.caught[fault] + counts.missed[fault]
        checks = ", ".join(f"{check} {times}" for check, times in counts.by_check[fault].most_common())
        print(f"| {fault} | {n} | {counts.caught[fault]} | {checks} |")
    print(f"| none | {counts.n_sound_kept + counts.n_sound_dropped} | {counts.n_sound_dropped} | ", end="")
    print(", ".join(f"{check} {times}" for check, times in counts.by_check["(sound)"].most_common()), "|")


def main(arguments: Sequence[str] | None = None) -> int:
    """Prints both tables; returns 1 where a perfect checker misses a planted fault."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--worlds", type=int, default=20)
    parser.add_argument("--drafts", type=int, default=90)
    options: Any = parser.parse_args(arguments)
    seeds = range(options.worlds)
    perfect = measured(seeds, options.drafts)
    print(f"{options.worlds} worlds of 20 documents, {options.drafts} drafts each; a checker without mistakes\n")
    print_faults(perfect)
    print(f"\nprecision {perfect.precision:.3f}, recall {perfect.recall:.3f}\n")
    print(
        "| misreads a try | shares mistakes | precision | recall | of false answers | sound lost | sound kept | asked |"
    )
    print("|--:|--:|--:|--:|--:|--:|--:|--:|")
    for misreads, shared in [*((each, 0.0) for each in MISREADS), *((0.02, each) for each in SHARED[1:])]:
        counts = measured(seeds, options.drafts, misreads=misreads, shared=shared)
        asked = counts.n_asked / (options.worlds * options.drafts)
        print(
            f"| {misreads:.0%} | {shared:.0%} | {counts.precision:.3f} | {counts.recall:.3f} "
            f"| {counts.recall_of_other_answers:.3f} | {counts.lost:.3f} | {counts.kept_well:.3f} | {asked:.1f} |"
        )
    return 1 if perfect.missed else 0


if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).parents[1] / "support"))
    raise SystemExit(main())
