"""Stages of pipelines as they are stored."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from evaluation.generation import Generation, Timing
from evaluation.pipelines.stages import ModelReply
from evaluation.records.stages import StageRow

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)


def make_stage(run_candidate_id: int, name: str = "answer", **fields: Any) -> StageRow:
    """Return the chat stage of case-0."""
    timing = Timing(total_s=1.5, ttft_s=0.25, queue_s=0.0, load_s=0.125, prompt_s=0.25, generate_s=1.0)
    generation = Generation(
        answer="four", text="four", finish_reason="stop", prompt_tokens=10, output_tokens=3, timing=timing
    )
    row = StageRow(
        run_candidate_id=run_candidate_id,
        case_id="case-0",
        repeat=0,
        position=0,
        name=name,
        kind="chat",
        request_hash=f"hash of {name}",
        reply=ModelReply(generation=generation),
        model="small:1b",
        digest="a" * 64,
        endpoint="here",
        generation=generation,
        started_at=NOON,
        finished_at=NOON,
    )
    return replace(row, **fields)
