"""The benchmark that drafts become: marked, loadable from its file as it was, and confirmed by a person."""

import json
from dataclasses import replace
from pathlib import Path

from evaluation.benchmarks.file_writing import rows_of
from evaluation.benchmarks.loading import load_benchmark
from evaluation.case import Benchmark
from evaluation.passage import Passage
from evaluation.suite_writing.drafts import Draft, Kind, Proof, WritingTask
from evaluation.suite_writing.suite import (
    NOT_IN_DOCUMENTS,
    Origin,
    confirmed_suite,
    is_synthetic,
    proofs_of,
    synthetic_name,
    written_suite,
)

PASSAGE = Passage(document="a/b.md", position=0, text="Founded by Marta Eklund. | x |")
ORIGIN = Origin(writer="w", checker="c", corpus="docs", corpus_digest="d" * 64, n_documents=1, n_drafts=5)


def suite() -> Benchmark:
    proof = Proof(document="a/b.md", text="Founded by Marta Eklund.")
    tasks = [
        WritingTask(number=n, kind=kind, passages=(PASSAGE,)) for n, kind in enumerate((Kind.FACT, Kind.UNANSWERABLE))
    ]
    drafts = [
        Draft(task=tasks[0], question='Who "founded" it? {choices}\n=1+1', answer="Marta Eklund", proofs=(proof,)),
        Draft(task=tasks[1], question="Who paid?"),
    ]
    return written_suite("docs", drafts, ORIGIN)


def test_a_suite_says_that_it_is_synthetic_wherever_one_looks() -> None:
    written = suite()

    assert "docs-synthetic" == written.name
    assert written.description.startswith("Synthetic: 2 cases written by w and checked by c, from 1 document of docs")
    assert "3 of 5 drafts were dropped. No person has confirmed them." in written.description
    assert all("synthetic" in case.tags and case.details["synthetic"] is True for case in written.cases)
    assert "synthetic, from docs" == written.source
    assert is_synthetic(written)


def test_a_name_says_it_once() -> None:
    assert ["handbook-synthetic", "My Synthetic suite"] == list(map(synthetic_name, ["handbook", "My Synthetic suite"]))


def test_cases_hold_their_proof_or_that_there_is_none() -> None:
    fact, unanswerable = suite().cases

    assert [{"document": "a/b.md", "text": "Founded by Marta Eklund."}] == fact.details["relevant"]
    assert ("Marta Eklund",) == fact.references
    assert (NOT_IN_DOCUMENTS,) == unanswerable.references
    assert "relevant" not in unanswerable.details
    assert "a/b.md" == fact.cluster == unanswerable.cluster


def test_relevant_passages_of_another_form_are_left_out() -> None:
    (fact, _), proof = suite().cases, {"document": "a.md", "text": "x"}
    odd = replace(fact, details={"relevant": [proof, "a.md", {"document": 1, "text": "x"}, {"document": "a.md"}]})

    assert (Proof(document="a.md", text="x"),) == proofs_of(odd)
    assert () == proofs_of(replace(fact, details={"relevant": {"document": "a.md"}}))


def test_a_file_of_the_rows_is_the_same_benchmark(tmp_path: Path) -> None:
    written = suite()
    file = tmp_path / "suite.jsonl"
    file.write_text("".join(json.dumps(row) + "\n" for row in rows_of(written)))

    loaded = load_benchmark(file)
    assert (written.version, written.cases) == (loaded.version, loaded.cases)
    assert (written.name, written.description, written.metrics) == (loaded.name, loaded.description, loaded.metrics)


def test_a_person_leaves_what_was_confirmed_and_is_named() -> None:
    written = suite()
    confirmed = confirmed_suite(written, {written.cases[0].case_id: True, written.cases[1].case_id: False}, by="ana")

    assert written.cases[:1] == confirmed.cases
    assert confirmed.description.endswith("3 of 5 drafts were dropped. ana confirmed 1 case blind and dropped 1.")
    assert is_synthetic(confirmed)
