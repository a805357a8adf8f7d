"""What a reader of a comparison must know beside its numbers: other servers, unverified weights, unfinished runs."""

from collections.abc import Iterator, Sequence

from evaluation.comparisons.compared import MetricComparison
from evaluation.comparisons.sides import Side
from evaluation.records import Status

_TIMED = ("latency_s", "ttft_s", "tokens_per_s", "energy_j")


def remarks_on(
    sides: Sequence[Side], metrics: Sequence[MetricComparison], figures: Sequence[MetricComparison]
) -> tuple[str, ...]:
    """Return a sentence for each thing."""
    timed = any(figure.metric.word in _TIMED for figure in figures)
    return (
        *_same_candidates(sides),
        *_one_tag_two_weights(sides),
        *_unverified(sides),
        *_unfinished(sides),
        *(_other_machines(sides) if timed else ()),
        *_case_by_case(metrics),
    )


def _same_candidates(sides: Sequence[Side]) -> Iterator[str]:
    """Yield the upgrade question: the same weights and options, asked twice."""
    by_key: dict[str, list[Side]] = {}
    for side in sides:
        by_key.setdefault(side.key, []).append(side)
    for same in by_key.values():
        if len(same) > 1:
            versions = list(dict.fromkeys(side.members[0].servers for side in same))
            server = f"server {' → '.join(versions)}" if len(versions) > 1 else f"server {versions[0]} each time"
            runs = " and ".join(side.run_ids[0] for side in same)
            yield f"{same[0].members[0].label} is one candidate, asked in runs {runs} ({server})"


def _one_tag_two_weights(sides: Sequence[Side]) -> Iterator[str]:
    digests: dict[str, dict[str, None]] = {}
    for side in sides:
        for member in side.members:
            digests.setdefault(member.model, {})[member.digest or "unverified"] = None
    for model, model_digests in digests.items():
        if len(model_digests) > 1:
            shown = " and ".join(digest.removeprefix("sha256:")[:12] for digest in model_digests)
            yield f"{model} has different weights in these runs, which are compared separately: digests {shown}"


def _unverified(sides: Sequence[Side]) -> Iterator[str]:
    unverified = dict.fromkeys(member.label for side in sides for member in side.members if member.digest is None)
    if unverified:
        yield f"unverified weights, since the server gives no digest: {', '.join(unverified)}"


def _unfinished(sides: Sequence[Side]) -> Iterator[str]:
    runs = {member.run_id: member.run.status for side in sides for member in side.members}
    for run_id, status in runs.items():
        if status is not Status.COMPLETED:
            yield f"run {run_id} is {status}: what it has is compared"


def _other_machines(sides: Sequence[Side]) -> Iterator[str]:
    members = [member for side in sides for member in side.members]
    places = dict.fromkeys(member.endpoints for member in members)
    slots = dict.fromkeys(member.candidate.plan.slots for member in members)
    if len(places) > 1:
        yield (
            f"timings are from different servers ({', '.join(places)}), and say as much about these as about the models"
        )
    if len(slots) > 1:
        yield f"timings were taken with different numbers of concurrent requests ({', '.join(map(str, slots))})"


def _case_by_case(metrics: Sequence[MetricComparison]) -> Iterator[str]:
    words = [comparison.metric.word for comparison in metrics if comparison.metric.over_all_cases]
    if words:
        yield (
            f"{', '.join(words)}: compared case by case; the result differs from the difference of the corpus-level "
            "values that each run shows"
        )
