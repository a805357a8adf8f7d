"""The reference implementations of metrics, apart from ours: this program imports nothing of Benchwright.

    python tests/benchmarks/metric_references.py NAME < cases.json > values.json

It reads a list of cases and writes the list of values, in the same order, with the packages that computed them. To add
a reference: a function from one case to its value, and a line in `REFERENCES`.
"""

import json
import re
import string
import sys
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from importlib.metadata import version
from math import comb
from typing import Any

Case = Mapping[str, Any]


@dataclass(frozen=True)
class Reference:
    """Who computes the value of one case."""

    value: Callable[[Case], float]
    package: str | None = None
    """None: the rule as published, written out here."""
    function: str = ""

    @property
    def shown(self) -> str:
        """Its name, with the version of its package."""
        return f"{self.package} {version(self.package)} `{self.function}`" if self.package else self.function


def sentence_score(kind: str, **options: Any) -> Callable[[Case], float]:
    """Of one answer, by sacrebleu."""
    return lambda case: float(
        _sacrebleu(kind, **options).sentence_score(case["answer"], list(case["references"])).score
    )


def corpus_score(kind: str, **options: Any) -> Callable[[Case], float]:
    """Of several answers with equally many references each, by sacrebleu."""

    def value(corpus: Case) -> float:
        streams = [list(stream) for stream in zip(*corpus["references"], strict=True)]
        return float(_sacrebleu(kind, **options).corpus_score(list(corpus["answers"]), streams).score)

    return value


@lru_cache(maxsize=32)
def _sacrebleu(kind: str, **options: Any) -> Any:
    from sacrebleu import metrics

    return getattr(metrics, kind)(**options)


def rouge(kind: str) -> Callable[[Case], float]:
    """F-measure with the closest reference, by rouge-score."""

    def value(case: Case) -> float:
        scores = _rouge_scorer(kind).score_multi(list(case["references"]), case["answer"])
        return float(scores[kind].fmeasure)

    return value


@lru_cache(maxsize=8)
def _rouge_scorer(kind: str) -> Any:
    from rouge_score.rouge_scorer import RougeScorer

    return RougeScorer([kind], use_stemmer=True)


def squad_words(text: str) -> list[str]:
    """SQuAD's normalisation: lower case, no punctuation, no articles, single blanks."""
    text = "".join(mark for mark in text.lower() if mark not in set(string.punctuation))
    return re.sub(r"\b(a|an|the)\b", " ", text).split()


def squad_f1(case: Case) -> float:
    """The best F1 over the references (Rajpurkar et al. 2016; the rule of version 2 for what has no words)."""
    return max(_squad_f1(squad_words(case["answer"]), squad_words(reference)) for reference in case["references"])


def _squad_f1(words: list[str], wanted: list[str]) -> float:
    if not words or not wanted:
        return float(words == wanted)
    n_shared = sum((Counter(words) & Counter(wanted)).values())
    if n_shared == 0:
        return 0.0
    precision, recall = n_shared / len(words), n_shared / len(wanted)
    return 2 * precision * recall / (precision + recall)


def squad_exact_match(case: Case) -> float:
    """1 where the normalised answer equals a normalised reference."""
    return float(any(squad_words(case["answer"]) == squad_words(reference) for reference in case["references"]))


def edit_similarity(case: Case) -> float:
    """By the plain table of edit distances (Wagner and Fischer 1974)."""
    return max(_edit_similarity(case["answer"], reference) for reference in case["references"])


def _edit_similarity(left: str, right: str) -> float:
    row = list(range(len(right) + 1))
    for i, a in enumerate(left, 1):
        last, row[0] = row[0], i
        for j, b in enumerate(right, 1):
            last, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, last + (a != b))
    longest = max(len(left), len(right))
    return 1 - row[-1] / longest if longest else 1.0


def classified(function: str, **options: Any) -> Callable[[Case], float]:
    """Of expected and predicted labels, by scikit-learn."""

    def value(case: Case) -> float:
        import sklearn.metrics

        expected, predicted = zip(*case["pairs"], strict=True)
        if function == "f1_score" and options["average"] == "macro":
            classes = sorted({*expected, *predicted} - {""})
            return float(sklearn.metrics.f1_score(expected, predicted, labels=classes, **options))
        return float(getattr(sklearn.metrics, function)(expected, predicted, **options))

    return value


def pass_at_k(case: Case) -> float:
    """The share of draws of k among n samples that hold a right one (Chen et al. 2021), in exact fractions."""
    n, n_right, k = case["n"], case["n_right"], case["k"]
    return float(1 - Fraction(comb(n - n_right, k), comb(n, k)))


def flesch(case: Case) -> float:
    """Flesch's reading ease over 100, cut to [0, 1], by textstat."""
    from textstat import textstat

    return min(1.0, max(0.0, textstat.flesch_reading_ease(case["answer"]) / 100))


REFERENCES: dict[str, Reference] = {
    "bleu": Reference(sentence_score("BLEU", effective_order=True), "sacrebleu", "BLEU.sentence_score"),
    "bleu_corpus": Reference(corpus_score("BLEU"), "sacrebleu", "BLEU.corpus_score"),
    "bleu_char_corpus": Reference(
        corpus_score("BLEU", tokenize="char", lowercase=True), "sacrebleu", "BLEU(tokenize='char', lowercase=True)"
    ),
    "bleu_intl_corpus": Reference(corpus_score("BLEU", tokenize="intl"), "sacrebleu", "BLEU(tokenize='intl')"),
    "chrf": Reference(sentence_score("CHRF"), "sacrebleu", "CHRF.sentence_score"),
    "chrf_corpus": Reference(corpus_score("CHRF"), "sacrebleu", "CHRF.corpus_score"),
    "chrf_words_corpus": Reference(corpus_score("CHRF", word_order=2), "sacrebleu", "CHRF(word_order=2)"),
    "ter": Reference(sentence_score("TER"), "sacrebleu", "TER.sentence_score"),
    "ter_corpus": Reference(corpus_score("TER"), "sacrebleu", "TER.corpus_score"),
    "rouge_1": Reference(rouge("rouge1"), "rouge-score", "rouge1"),
    "rouge_2": Reference(rouge("rouge2"), "rouge-score", "rouge2"),
    "rouge_l": Reference(rouge("rougeL"), "rouge-score", "rougeL"),
    "rouge_lsum": Reference(rouge("rougeLsum"), "rouge-score", "rougeLsum"),
    "token_f1": Reference(squad_f1, None, "SQuAD's official rule, written out"),
    "exact_match": Reference(squad_exact_match, None, "SQuAD's official rule, written out"),
    "edit_similarity": Reference(edit_similarity, None, "the plain table of edit distances"),
    "accuracy": Reference(classified("accuracy_score"), "scikit-learn", "accuracy_score"),
    "macro_f1": Reference(
        classified("f1_score", average="macro", zero_division=0), "scikit-learn", "f1_score(average='macro')"
    ),
    "weighted_f1": Reference(
        classified("f1_score", average="weighted", zero_division=0), "scikit-learn", "f1_score(average='weighted')"
    ),
    "mcc": Reference(classified("matthews_corrcoef"), "scikit-learn", "matthews_corrcoef"),
    "pass_at_k": Reference(pass_at_k, None, "binomial coefficients in exact fractions"),
    "readability": Reference(flesch, "textstat", "flesch_reading_ease"),
}


def main() -> None:
    import logging
    import warnings

    logging.disable(logging.WARNING)
    warnings.simplefilter("ignore")
    reference = REFERENCES[sys.argv[1]]
    values = [reference.value(case) for case in json.load(sys.stdin)]
    json.dump({"reference": reference.shown, "values": values}, sys.stdout)


if __name__ == "__main__":
    main()
