"""A stored benchmark, candidate and run to hang outcomes on."""

from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from work_done_once import MIGRATE

from evaluation.candidate import Candidate
from evaluation.case import Benchmark, Case
from evaluation.generation import Generation, Outcome, Timing
from evaluation.records.candidates import MetricUse
from evaluation.records.outcomes import OutcomeRow
from evaluation.records.runs import RunCandidatePlan, RunPlan
from evaluation.store.benchmarks import save_benchmark
from evaluation.store.plans import add_run_candidate, create_invocation, create_run
from evaluation.store.registry import save_candidate
from evaluation.store.session import Store

NOW = datetime(2026, 5, 4, 3, 2, 1, 123456, tzinfo=UTC)


@pytest.fixture(autouse=True)
def step_by_step(monkeypatch: pytest.MonkeyPatch) -> None:
    """Empty databases get their schema as a user's do."""
    monkeypatch.setattr("evaluation.store.session._migrate", MIGRATE)


@pytest.fixture
def benchmark() -> Benchmark:
    cases = tuple(Case(case_id=f"case-{number}", prompt=f"What is {number}?", references=("x",)) for number in range(4))
    return Benchmark(name="numbers", task_type="reasoning", cases=cases, options={"num_predict": 8})


@pytest.fixture
def plan_run(store: Store, benchmark: Benchmark) -> Callable[..., RunPlan]:
    """Stores a planned run and gives its plan."""

    def plan(run_id: str = "run-1", *, invocation_id: str = "invocation-1", n_repeats: int = 1) -> RunPlan:
        version = save_benchmark(store, benchmark)
        create_invocation(store, invocation_id=invocation_id, request={"models": ["m:1b"]}, code_version="0.1.0")
        planned = RunPlan(
            run_id=run_id,
            invocation_id=invocation_id,
            benchmark_version=version,
            benchmark_name=benchmark.name,
            name="numbers with m",
            seed=7,
            n_repeats=n_repeats,
            limit=3,
            metrics=(MetricUse(name="exact_match", signature="ExactMatch()|v1"),),
            headline="exact_match",
            n_cases=3,
            code_version="0.1.0",
            tags=("first",),
        )
        create_run(store, planned, ("case-2", "case-0", "case-1"))
        return planned

    return plan


@pytest.fixture
def plan_candidate(store: Store) -> Callable[..., int]:
    """Stores a candidate of a run and gives its id."""

    def plan(run_id: str = "run-1", model: str = "m:1b") -> int:
        candidate = Candidate(model=model, digest=f"digest of {model}", options={"temperature": 0.5})
        return add_run_candidate(
            store,
            RunCandidatePlan(
                run_id=run_id,
                candidate_fingerprint=save_candidate(store, candidate),
                label=candidate.label,
                model_name=candidate.model,
                digest=candidate.digest,
                endpoint_name="local",
                endpoint_url="http://127.0.0.1:11434",
                provider="ollama",
                server_version="0.9.0",
                options={"temperature": 0.5, "num_ctx": 4096, "stop": ["\n"]},
                slots=2,
                details={"quantization": "Q4_0"},
            ),
        )

    return plan


@pytest.fixture
def run_candidate_id(plan_run: Callable[..., RunPlan], plan_candidate: Callable[..., int]) -> int:
    """A candidate of a planned run of three cases."""
    plan_run()
    return plan_candidate()


def outcome_row(
    run_candidate_id: int, case_id: str = "case-0", outcome: Outcome | None = None, *, repeat: int = 0
) -> OutcomeRow:
    return OutcomeRow(
        run_candidate_id=run_candidate_id,
        case_id=case_id,
        repeat=repeat,
        outcome=outcome or answer("Forty-two."),
        endpoint="local",
        finished_at=NOW,
        started_at=NOW,
        effective_context=4096,
        vram_share=0.5,
    )


def answer(text: str) -> Generation:
    return Generation(
        text=text,
        answer=text,
        thinking="hm",
        finish_reason="stop",
        prompt_tokens=12,
        output_tokens=3,
        timing=Timing(total_s=1.5, ttft_s=0.25, queue_s=0.0, load_s=0.125, prompt_s=0.5, generate_s=0.75),
        cold=True,
        n_attempts=2,
        seed=2**31 - 1,
    )


@pytest.fixture
def make_row() -> Callable[..., OutcomeRow]:
    return outcome_row


@pytest.fixture
def make_answer() -> Callable[[str], Generation]:
    return answer
