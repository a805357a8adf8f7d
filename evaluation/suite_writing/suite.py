"""The benchmark that drafts become, marked as synthetic in its name, its description and every case's tags."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from evaluation.case import Benchmark, Case, PromptTemplate
from evaluation.errors import as_sentence
from evaluation.fingerprint import fingerprint
from evaluation.formatting import counted
from evaluation.suite_writing.drafts import Draft, Kind, Proof

SYNTHETIC = "synthetic"
"""Tag of every case that a model wrote, and the end of its benchmark's name."""
NOT_IN_DOCUMENTS = "not in the documents"
"""Reference of an unanswerable question, which the system prompt asks for."""
SYSTEM = (
    "Answer in as few words as possible, from the documents alone. Where they do not hold the answer, reply exactly: "
    f"{NOT_IN_DOCUMENTS}"
)
UNCONFIRMED = "No person has confirmed them."
METRICS = ("token_f1", "exact_match")


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """Who wrote a suite, from what."""

    writer: str
    checker: str
    corpus: str
    """Name of the corpus, as its user gave it."""
    corpus_digest: str
    n_documents: int
    n_drafts: int


@dataclass(frozen=True, slots=True, kw_only=True)
class NoSuite:
    """What stands for the benchmark where none could be made of the drafts."""

    name: str
    """The name that it would have."""
    description: str
    version: None = None


def no_suite(name: str, origin: Origin, why: str) -> NoSuite:
    """Return what is told in place of a benchmark.

    Args:
        name: As for `written_suite`.
        origin: Who wrote the drafts, from what.
        why: Why none was made of them.
    """
    drafts = f"{counted(origin.n_drafts, 'draft')} written by {origin.writer} and checked by {origin.checker}"
    return NoSuite(
        name=synthetic_name(name), description=as_sentence(f"No suite of {drafts}, {_source(origin)}: {why}")
    )


def synthetic_name(name: str) -> str:
    """Return the name with `synthetic` in it: every table, page and export shows the name, and few show more."""
    return name if SYNTHETIC in name.lower() else f"{name}-{SYNTHETIC}"


def written_suite(name: str, drafts: Sequence[Draft], origin: Origin) -> Benchmark:
    """Return the drafts that passed as a benchmark.

    Args:
        name: Its name, which `synthetic_name` completes.
        drafts: What passed every check, in the order of the plan.
        origin: Who wrote it, from what.
    """
    return Benchmark(
        name=synthetic_name(name),
        task_type="question_answering",
        cases=tuple(map(case_of, drafts)),
        prompt=PromptTemplate(system=SYSTEM),
        metrics=METRICS,
        headline=METRICS[0],
        description=f"{_description(len(drafts), origin)} {UNCONFIRMED}",
        licence="as the documents",
        source=f"{SYNTHETIC}, from {origin.corpus}",
    )


def _description(n_cases: int, origin: Origin) -> str:
    n_dropped = origin.n_drafts - n_cases
    return (
        f"Synthetic: {counted(n_cases, 'case')} written by {origin.writer} and checked by {origin.checker}, "
        f"{_source(origin)}; {n_dropped} of {counted(origin.n_drafts, 'draft')} "
        f"{'was' if n_dropped == 1 else 'were'} dropped."
    )


def _source(origin: Origin) -> str:
    return f"from {counted(origin.n_documents, 'document')} of {origin.corpus} ({origin.corpus_digest[:12]})"


def case_of(draft: Draft) -> Case:
    """Return the case of a draft. Its relevant passages are in its details, unless there are none."""
    relevant = [{"document": proof.document, "text": proof.text} for proof in draft.proofs]
    kind = draft.task.kind
    details: dict[str, Any] = {"kind": str(kind), SYNTHETIC: True}
    return Case(
        case_id=f"{kind}-{fingerprint([draft.question, draft.answer])[:10]}",
        prompt=draft.question,
        references=(NOT_IN_DOCUMENTS if kind is Kind.UNANSWERABLE else draft.answer,),
        cluster=draft.task.passages[0].document,
        tags=(SYNTHETIC, str(kind)),
        details=details | ({"relevant": relevant} if relevant else {}),
    )


def proofs_of(case: Case) -> tuple[Proof, ...]:
    """Return the relevant passages that a case names; entries of another form, as in a file by hand, are left out."""
    entries = case.details.get("relevant")
    return tuple(
        Proof(document=entry["document"], text=entry["text"])
        for entry in (entries if isinstance(entries, list) else ())
        if isinstance(entry, dict) and isinstance(entry.get("document"), str) and isinstance(entry.get("text"), str)
    )


def is_synthetic(benchmark: Benchmark) -> bool:
    """Check whether a model wrote the cases of a benchmark."""
    return any(SYNTHETIC in case.tags for case in benchmark.cases)


def confirmed_suite(benchmark: Benchmark, decisions: Mapping[str, bool], *, by: str) -> Benchmark:
    """Return the suite with the cases that a person confirmed, and says so.

    Args:
        benchmark: A written suite.
        decisions: Whether each case was confirmed, by its id.
        by: The person's name.
    """
    kept = tuple(case for case in benchmark.cases if decisions[case.case_id])
    n_dropped = len(benchmark.cases) - len(kept)
    sentence = f"{by} confirmed {counted(len(kept), 'case')} blind and dropped {n_dropped}."
    before = benchmark.description.removesuffix(UNCONFIRMED).rstrip()
    return replace(benchmark, cases=kept, description=f"{before} {sentence}")
