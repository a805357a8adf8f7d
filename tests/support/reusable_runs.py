"""Runs put into a store with the seeds that a flow derives, in all the ways in which two runs can differ."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from stored_rows import save_outcomes

from evaluation.candidate import Candidate
from evaluation.case import Benchmark, Case
from evaluation.fingerprint import derived_seed
from evaluation.generation import Failure, Generation, Outcome, Timing
from evaluation.records.outcomes import OutcomeRow
from evaluation.records.runs import RunCandidatePlan, RunPlan
from evaluation.store.benchmarks import save_benchmark
from evaluation.store.plans import add_run_candidate, create_invocation, create_run
from evaluation.store.registry import save_candidate
from evaluation.store.session import Store

MOMENT = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
CASES = tuple(Case(case_id=f"c{number}", prompt=f"What is {number}?", references=(str(number),)) for number in range(3))
BENCHMARK = Benchmark(name="numbers", task_type="reasoning", cases=CASES)
CANDIDATE = Candidate(model="a:1b", digest="digest-of-a")


def answer(text: str, **given: Any) -> Generation:
    """A warm answer with its timing."""
    timing = Timing(total_s=2.0, ttft_s=0.25, queue_s=0.5, load_s=0.125, prompt_s=0.0625, generate_s=0.75)
    known: dict[str, Any] = {"finish_reason": "stop", "prompt_tokens": 12, "output_tokens": 40, "timing": timing}
    return Generation(text=text, **({"answer": text} | known | given))


@dataclass(frozen=True, kw_only=True)
class AskedRun:
    """A run of one candidate, and the outcomes of its cases."""

    run_id: str
    benchmark: Benchmark = BENCHMARK
    candidate: Candidate = CANDIDATE
    outcomes: Mapping[str, Outcome | Sequence[Outcome]] = field(default_factory=dict)
    """By case id; several are repeats."""
    seed: int = 7
    n_repeats: int = 1
    options: Mapping[str, Any] = field(default_factory=lambda: {"temperature": 0.0, "num_ctx": 4096})
    provider: str = "ollama"
    server_version: str | None = "0.33.0"
    endpoint: str = "here"
    answered_by: str | None = None
    """None: by `endpoint`."""
    slots: int = 2
    details: Mapping[str, Any] = field(default_factory=dict)
    age: timedelta = timedelta()

    def store(self, store: Store) -> int:
        """Stores it and gives its run candidate's id."""
        case_ids = [case.case_id for case in self.benchmark.cases]
        create_invocation(store, invocation_id=f"of-{self.run_id}", request={}, code_version="0.1.0")
        plan = RunPlan(
            run_id=self.run_id,
            invocation_id=f"of-{self.run_id}",
            benchmark_version=save_benchmark(store, self.benchmark),
            benchmark_name=self.benchmark.name,
            name=self.benchmark.name,
            seed=self.seed,
            n_repeats=self.n_repeats,
            limit=None,
            metrics=(),
            headline="exact_match",
            n_cases=len(case_ids),
            code_version="0.1.0",
        )
        create_run(store, plan, case_ids)
        row_id = add_run_candidate(
            store,
            RunCandidatePlan(
                run_id=self.run_id,
                candidate_fingerprint=save_candidate(store, self.candidate),
                label=self.candidate.label,
                model_name=self.candidate.model,
                digest=self.candidate.digest,
                endpoint_name=self.endpoint,
                endpoint_url="http://127.0.0.1:9",
                provider=self.provider,
                server_version=self.server_version,
                options=self.options,
                slots=self.slots,
                details=self.details,
            ),
        )
        save_outcomes(store, self._rows(row_id))
        return row_id

    def _rows(self, row_id: int) -> list[OutcomeRow]:
        return [
            OutcomeRow(
                run_candidate_id=row_id,
                case_id=case_id,
                repeat=repeat,
                outcome=replace(
                    outcome, seed=derived_seed(self.seed, case_id, repeat) if outcome.seed is None else outcome.seed
                ),
                endpoint=self.answered_by or self.endpoint,
                started_at=MOMENT - self.age,
                finished_at=MOMENT - self.age,
                effective_context=4096,
                vram_share=0.75,
            )
            for case_id, outcomes in self.outcomes.items()
            for repeat, outcome in enumerate([outcomes] if isinstance(outcomes, Generation | Failure) else outcomes)
        ]


def answered(cases: Sequence[Case] = CASES, **given: Any) -> dict[str, Outcome]:
    """An answer to each case."""
    return {case.case_id: answer(f"It is {case.case_id}.", **given) for case in cases}
