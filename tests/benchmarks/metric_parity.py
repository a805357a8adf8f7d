"""Are our metrics what their names say? Each is compared with its reference implementation on varied cases.

    python tests/benchmarks/metric_parity.py --cases 1000            # prints one line of JSON
    python tests/benchmarks/metric_parity.py --cases 1000 --write    # and writes the table in docs/metrics.md

The references run in processes of their own (`metric_references.py`), which know nothing of Benchwright. The status is
1 where a difference is not below its limit. To add a metric: a reference there, and a line in `ROWS` here.
"""

import argparse
import json
import re
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

from measuring import ROOT
from metric_cases import corpora, labels, samples, sentences, texts

from evaluation.case import Case
from evaluation.generation import Generation
from evaluation.metrics import METRICS
from evaluation.metrics.metric import CorpusMetric, Metric
from evaluation.metrics.parsing import parse_metric
from evaluation.metrics.token_f1 import is_in_words
from evaluation.scores import Measurement

LIMIT = 1e-9
BEGIN, END = "<!-- parity: begin -->", "<!-- parity: end -->"
PAGE = ROOT / "docs" / "metrics.md"
_DRAWN = 1.25
"""More cases than are asked for, since some are left out."""
_LABELS = ("spam", "ham", "eggs", "bacon", "toast")

Values = Mapping[str, Any]
Ours = Callable[[Metric, Values], float]


def of_text(metric: Metric, case: Values) -> float:
    """Our value for one answer."""
    return _measured(metric, case["answer"], case["references"]).value


def of_corpus(metric: Metric, corpus: Values) -> float:
    """Our value for several answers together."""
    rows = [_measured(metric, *pair) for pair in zip(corpus["answers"], corpus["references"], strict=True)]
    assert isinstance(metric, CorpusMetric)
    return metric.aggregate(rows)


def of_labels(metric: Metric, case: Values) -> float:
    """Our value for answers that are labels."""
    rows = [_measured(metric, given, [wanted], _LABELS) for wanted, given in case["pairs"]]
    if isinstance(metric, CorpusMetric):
        return metric.aggregate(rows)
    return sum(row.value for row in rows) / len(rows)


def of_samples(metric: Metric, case: Values) -> float:
    """Our value for samples of which some are right."""
    values = [1.0] * case["n_right"] + [0.0] * (case["n"] - case["n_right"])
    return replace(metric, k=case["k"]).combine(values)  # type: ignore[call-arg]


def _measured(metric: Metric, answer: str, references: Sequence[str], choices: Sequence[str] = ()) -> Measurement:
    case = Case(case_id="q", prompt="?", references=tuple(references), choices=tuple(choices))
    found = metric.measure(case, (Generation(text=answer, answer=answer),), {})
    assert isinstance(found, Measurement), found
    return found


def is_any(case: Values) -> bool:
    """True: the metric and its reference agree on what every case means."""
    return True


def is_not_blank(case: Values) -> bool:
    """False where answer and reference are both blank: right for us, 0 or nothing for the reference."""
    return bool(case["answer"].strip()) or all(reference.strip() for reference in case["references"])


def is_not_all_blank(corpus: Values) -> bool:
    """False for a corpus of blank answers to blank references alone."""
    pairs = zip(corpus["answers"], corpus["references"], strict=True)
    return any(is_not_blank({"answer": answer, "references": references}) for answer, references in pairs)


def has_squad_words(case: Values) -> bool:
    """False where an answer or a reference has no word, or a reference is code: there we count the marks too."""
    return all(is_in_words(case["answer"], reference) for reference in case["references"])


@dataclass(frozen=True)
class Row:
    """A metric and what it is held against."""

    metric: str
    reference: str
    """A name in `metric_references.REFERENCES`."""
    cases: Callable[[int, int], list[dict[str, Any]]] = texts
    ours: Ours = of_text
    agrees: Callable[[Values], bool] = is_any
    """False for a case that we mean otherwise; left out, and counted."""
    limit: float = LIMIT


ROWS = (
    Row("bleu", "bleu", agrees=is_not_blank),
    Row("bleu", "bleu_corpus", corpora, of_corpus, is_not_all_blank),
    Row("bleu(tokenize='char', ignore_case=True)", "bleu_char_corpus", corpora, of_corpus, is_not_all_blank),
    Row("bleu(tokenize='intl')", "bleu_intl_corpus", corpora, of_corpus, is_not_all_blank),
    Row("chrf", "chrf", agrees=is_not_blank),
    Row("chrf", "chrf_corpus", corpora, of_corpus, is_not_all_blank),
    Row("chrf(word_order=2)", "chrf_words_corpus", corpora, of_corpus, is_not_all_blank),
    Row("ter", "ter", partial(texts, longest=90)),
    Row("ter", "ter_corpus", partial(corpora, largest=6, longest=12), of_corpus),
    Row("rouge_1", "rouge_1", agrees=is_not_blank),
    Row("rouge_2", "rouge_2", agrees=is_not_blank),
    Row("rouge_l", "rouge_l", agrees=is_not_blank),
    Row("rouge_lsum", "rouge_lsum", agrees=is_not_blank),
    Row("token_f1", "token_f1", agrees=has_squad_words),
    Row("exact_match(squad=True)", "exact_match"),
    Row("edit_similarity(strip=False)", "edit_similarity", partial(texts, longest=120)),
    Row("accuracy", "accuracy", labels, of_labels),
    Row("macro_f1", "macro_f1", labels, of_labels),
    Row("weighted_f1", "weighted_f1", labels, of_labels),
    Row("mcc", "mcc", labels, of_labels),
    Row("pass_at_k", "pass_at_k", samples, of_samples),
    Row("readability", "readability", sentences),
)


@dataclass(frozen=True)
class Found:
    """How far a metric is from its reference."""

    metric: str
    reference: str
    n_cases: int
    n_left_out: int
    largest_difference: float
    limit: float
    worst: Values
    """The case of the largest difference."""


def compared(row: Row, n_cases: int, seed: int) -> Found:
    """The largest difference over so many cases."""
    drawn = row.cases(round(n_cases * _DRAWN) + 1, seed)
    cases = [case for case in drawn if row.agrees(case)][:n_cases]
    metric = parse_metric(row.metric)
    asked = subprocess.run(
        [sys.executable, str(Path(__file__).with_name("metric_references.py")), row.reference],
        input=json.dumps(cases),
        capture_output=True,
        text=True,
        check=False,
    )
    if asked.returncode:
        raise SystemExit(f"the reference of {row.metric} failed: {asked.stderr[-2000:]}")
    said = json.loads(asked.stdout)
    differences = [abs(row.ours(metric, case) - value) for case, value in zip(cases, said["values"], strict=True)]
    largest = max(differences)
    return Found(
        metric=row.metric,
        reference=said["reference"],
        n_cases=len(cases),
        n_left_out=sum(not row.agrees(case) for case in drawn),
        largest_difference=largest,
        limit=row.limit,
        worst=cases[differences.index(largest)],
    )


def table(found: Sequence[Found], seed: int, page: str) -> str:
    """The rows as a Markdown table; those of the page's own table stay where they were not measured again."""
    lines = {_key(line): line for line in _between_marks(page).splitlines() if line.startswith("| `")}
    for each in found:
        difference = "0" if each.largest_difference == 0 else f"{each.largest_difference:.1e}"
        numbers = f"{each.n_cases:,} | {each.n_left_out:,} | {difference}"
        line = f"| `{each.metric}` | {each.reference} | {numbers} |"
        lines[_key(line)] = line
    head = [
        f"Written by `python tests/benchmarks/metric_parity.py --write` (seed {seed}).",
        "",
        "| metric | reference | cases | left out | largest difference |",
        "|---|---|---|---|---|",
    ]
    return "\n".join([*head, *lines.values()])


def _key(line: str) -> tuple[str, ...]:
    """The metric and its reference, whatever the version."""
    metric, reference = line.split(" | ")[:2]
    return metric, re.sub(r" \d[\w.]* ", " ", reference)


def _between_marks(page: str) -> str:
    return page.partition(BEGIN)[2].partition(END)[0]


def write_table(page: Path, text: str) -> None:
    """Puts the table between its two marks."""
    before, _, rest = page.read_text().partition(BEGIN)
    _, _, after = rest.partition(END)
    page.write_text(f"{before}{BEGIN}\n{text}\n{END}{after}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--cases", type=int, default=1000, help="of each row")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--metric", action="append", help="only these")
    parser.add_argument("--jobs", type=int, default=2, help="references at work at once")
    parser.add_argument("--write", action="store_true", help="the table into docs/metrics.md")
    given = parser.parse_args()
    rows = [row for row in ROWS if _name(row) in METRICS and (not given.metric or _name(row) in given.metric)]
    with ThreadPoolExecutor(given.jobs) as pool:
        found = list(pool.map(lambda row: compared(row, given.cases, given.seed), rows))
    if given.write:
        write_table(PAGE, table(found, given.seed, PAGE.read_text()))
    too_far = [each for each in found if not each.largest_difference < each.limit]
    values = [
        {
            "metric": each.metric,
            "reference": each.reference,
            "cases": each.n_cases,
            "left_out": each.n_left_out,
            "largest_difference": each.largest_difference,
        }
        for each in found
    ]
    print(json.dumps({"program": "metric_parity", "seed": given.seed, "rows": values, "ok": not too_far}), flush=True)
    for each in too_far:
        print(f"{each.metric}: {each.largest_difference:g} on {json.dumps(each.worst)[:2000]}", file=sys.stderr)
    raise SystemExit(1 if too_far else 0)


def _name(row: Row) -> str:
    return row.metric.partition("(")[0]


if __name__ == "__main__":
    main()
