"""Do the metrics of retrieval-augmented answers tell what rests on the passages from what does not?

    python tests/benchmarks/grounding.py

On the documents of the question-answering and the summarization suite: faithful sentences (taken from the passages,
reworded or shortened by rules, and the summaries that people wrote) against unfaithful ones (numbers, names and denials
changed, sentences of other documents), with `by="words"`. The AUC is the chance that a faithful sentence has more
relevance than an unfaithful one; .5 is guessing. The rules were settled on the cases with even numbers (`tuned_on`);
`held_out` are the others. The context metrics see right passages among those of other cases.
"""

import argparse
from collections import defaultdict
from collections.abc import Mapping, Sequence
from statistics import mean
from typing import Any

import corruptions
import numpy as np
from measuring import print_result
from sklearn.metrics import roc_auc_score

from evaluation.benchmarks.suites import load_suite
from evaluation.case import Case
from evaluation.generation import Generation
from evaluation.metrics.grounding.answer_relevance import AnswerRelevance
from evaluation.metrics.grounding.attribution import Attribution, attributions
from evaluation.metrics.grounding.context_metrics import ContextPrecision, ContextRecall
from evaluation.metrics.metric import Metric
from evaluation.scores import Measurement

SUITES = ("question_answering", "summarization")
N_WRONG_PASSAGES = 3
Found = Mapping[str, Sequence[Attribution]]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--cases", type=int, default=None, help="of each suite, the first so many; all unless said")
    asked = parser.parse_args()
    values: dict[str, Any] = {}
    for half, first in (("tuned_on", 0), ("held_out", 1)):
        rng = np.random.default_rng(0)
        cases = {name: load_suite(name).cases[: asked.cases] for name in SUITES}
        picked = {name: found[first::2] for name, found in cases.items()}
        values[half] = {
            "sentences": _sentences([case for found in picked.values() for case in found], rng),
            "summaries": _summaries(picked["summarization"], rng),
            "contexts": _contexts(picked["question_answering"], rng),
            "answers": _answers(picked["question_answering"], rng),
        }
    worst = min(values["held_out"]["sentences"]["auc_of_reworded_alone"].items(), key=lambda pair: pair[1])
    print_result("grounding", values, f"least AUC on held-out cases: {worst[1]:.3f} ({worst[0]})")


def _sentences(cases: Sequence[Case], rng: np.random.Generator) -> dict[str, Any]:
    texts: dict[str, list[tuple[Case, str | None]]] = defaultdict(list)
    for position, case in enumerate(cases):
        strange = [passage for other in cases if other is not case for passage in other.context]
        elsewhere = corruptions.sentences_of(cases[(position + 1) % len(cases)].context)
        for index, taken in enumerate(corruptions.sentences_of(case.context)):
            again = corruptions.reworded(taken)
            texts["taken"].append((case, taken))
            texts["reworded"].append((case, again if again != taken else None))
            texts["shortened"].append((case, corruptions.shortened(taken)))
            texts["number_changed"].append((case, corruptions.number_changed(again, case.context, rng)))
            texts["number_swapped"].append((case, corruptions.number_swapped(again, case.context, rng)))
            texts["name_changed"].append((case, corruptions.name_changed(again, case.context, strange, rng)))
            texts["name_swapped"].append((case, corruptions.name_swapped(again, case.context, rng)))
            texts["negated"].append((case, corruptions.negated(again, rng)))
            texts["other_document"].append((case, elsewhere[index % len(elsewhere)] if elsewhere else None))
    found = _attributed(texts)
    told = _told_apart(found, faithful=("taken", "reworded", "shortened"))
    # The corruptions start from reworded sentences, and sentences taken over unchanged are easy.
    alone = _told_apart(
        {kind: each for kind, each in found.items() if kind not in ("taken", "shortened")}, faithful=("reworded",)
    )
    return told | {"auc_of_reworded_alone": alone["auc"]}


def _summaries(cases: Sequence[Case], rng: np.random.Generator) -> dict[str, Any]:
    """Summaries in words of their own, against the same with a fault, and against those of other documents."""
    texts: dict[str, list[tuple[Case, str | None]]] = defaultdict(list)
    for position, case in enumerate(cases):
        strange = cases[(position + 1) % len(cases)]
        for reference, other in zip(case.references, strange.references, strict=False):
            texts["written"].append((case, reference))
            texts["number_changed"].append((case, corruptions.number_changed(reference, case.context, rng)))
            texts["name_changed"].append(
                (case, corruptions.name_changed(reference, case.context, strange.context, rng))
            )
            texts["negated"].append((case, corruptions.negated(reference, rng)))
            texts["other_document"].append((case, other))
    return _told_apart(_attributed(texts), faithful=("written",))


def _attributed(texts: Mapping[str, Sequence[tuple[Case, str | None]]]) -> Found:
    return {
        kind: [found for case, text in pairs if text for found in attributions(case, _answer(text))]
        for kind, pairs in texts.items()
    }


def _told_apart(found: Found, *, faithful: Sequence[str]) -> dict[str, Any]:
    right = [each.relevance for kind in faithful for each in found[kind]]
    return {
        "n": {kind: len(each) for kind, each in found.items()},
        "share_supported": {kind: mean(each.supported for each in group) for kind, group in found.items() if group},
        "auc": {
            kind: _auc(right, [each.relevance for each in group])
            for kind, group in found.items()
            if kind not in faithful and group
        },
    }


def _contexts(cases: Sequence[Case], rng: np.random.Generator) -> dict[str, Any]:
    """Context metrics with the passages of other cases behind, among, before and instead of the right ones."""
    values: dict[str, dict[str, list[float]]] = {
        "context_precision": defaultdict(list),
        "context_recall": defaultdict(list),
    }
    for case in cases:
        wrong = _wrong_passages(case, cases, rng)
        mixed = [*case.context, *wrong]
        orders = {
            "right_first": (*case.context, *wrong),
            "shuffled": tuple(mixed[index] for index in rng.permutation(len(mixed))),
            "right_last": (*wrong, *case.context),
            "wrong_only": wrong,
        }
        for order, passages in orders.items():
            for metric in (ContextPrecision(), ContextRecall()):
                value = _value(metric, case, passages, case.references[0])
                if value is not None:
                    values[metric.name][order].append(value)
    return {name: {order: mean(each) for order, each in found.items()} for name, found in values.items()}


def _answers(cases: Sequence[Case], rng: np.random.Generator) -> dict[str, Any]:
    """Answer relevance of the right answer, of another sentence of the passages, and of another case's answer."""
    values: dict[str, list[float]] = defaultdict(list)
    for position, case in enumerate(cases):
        right = case.references[0]
        others = [text for text in corruptions.sentences_of(case.context) if right.lower() not in text.lower()]
        answers = {"right": right, "other_case": cases[(position + 1) % len(cases)].references[0]}
        if others:
            answers["other_sentence"] = others[rng.integers(len(others))]
        for kind, text in answers.items():
            value = _value(AnswerRelevance(), case, case.context, text)
            if value is not None:
                values[kind].append(value)
    wrong = {kind: found for kind, found in values.items() if kind != "right"}
    return {
        "mean": {kind: mean(found) for kind, found in values.items()},
        "auc": {kind: _auc(values["right"], found) for kind, found in wrong.items()},
    }


def _wrong_passages(case: Case, cases: Sequence[Case], rng: np.random.Generator) -> tuple[str, ...]:
    strange = [passage for other in cases if other is not case for passage in other.context]
    return tuple(strange[index] for index in rng.choice(len(strange), N_WRONG_PASSAGES, replace=False))


def _value(metric: Metric, case: Case, passages: tuple[str, ...], answer: str) -> float | None:
    asked = Case(case_id=case.case_id, prompt=case.prompt, references=case.references, context=passages)
    measurement = metric.measure(asked, (_answer(answer),), {})
    return measurement.value if isinstance(measurement, Measurement) else None


def _answer(text: str) -> Generation:
    return Generation(text=text, answer=text)


def _auc(right: Sequence[float], wrong: Sequence[float]) -> float:
    return float(roc_auc_score([1] * len(right) + [0] * len(wrong), [*right, *wrong]))


if __name__ == "__main__":
    main()
