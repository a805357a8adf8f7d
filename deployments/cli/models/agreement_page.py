"""Agreement of servers' answers, as text and as JSON."""

from collections.abc import Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from deployments.cli.terminal.tables import print_line, print_table
from evaluation.formatting import counted, percent, score

if TYPE_CHECKING:
    from evaluation.servers.agreement import Agreement, Share

MOST_SHOWN = 10


def print_agreement(agreement: "Agreement", metric: str) -> None:
    """Print which servers agree, where they differ, and whether they may be pooled."""
    print_table(
        ("endpoint", "with", "equal", "of", "share", "95% interval", metric, "difference", "p"),
        [
            (item.endpoint, "itself", *_share(item.equal), _number(item.score), _number(item.score_noise), None)
            for item in agreement.within
        ]
        + [
            (
                pair.a,
                pair.b,
                *_share(pair.equal),
                None,
                _number(pair.scores.difference if pair.scores else None),
                _number(pair.scores.p_value if pair.scores else None),
            )
            for pair in agreement.between
        ],
    )
    if agreement.differences:
        _print_differences(agreement, metric)
    if agreement.n_failed:
        print_line(f"left out: {counted(agreement.n_failed, 'case')} on which a server failed")
    for pair in agreement.between:
        print_line(pair.sentence)
    for item in agreement.within:
        if item.sentence is not None:
            print_line(item.sentence)


def _print_differences(agreement: "Agreement", metric: str) -> None:
    print_table(
        ("case", "endpoints", "from character", "one writes", "the other", metric, metric),
        [
            (
                item.case_id,
                f"{item.a}, {item.b}",
                item.position,
                repr(item.text_a),
                repr(item.text_b),
                _number(item.score_a),
                _number(item.score_b),
            )
            for item in agreement.differences[:MOST_SHOWN]
        ],
    )
    if (n_more := len(agreement.differences) - MOST_SHOWN) > 0:
        print_line(f"{n_more} more; --json lists them all")


def _share(share: "Share") -> tuple[object, ...]:
    return (share.n_equal, share.n, percent(share.value), f"{percent(share.low)} to {percent(share.high)}")


def _number(value: float | None) -> str | None:
    return None if value is None else score(value)


def agreement_as_json(agreement: "Agreement", *, digests: Sequence[str | None]) -> dict[str, Any]:
    """Return all observations as JSON.

    Args:
        agreement: The result.
        digests: Digests of the weights, in the order of the endpoints.
    """
    return {
        "digests": {item.endpoint: digest for item, digest in zip(agreement.within, digests, strict=True)},
        "n_cases": agreement.n_cases,
        "n_failed": agreement.n_failed,
        "may_be_pooled": agreement.may_be_pooled,
        "within": [
            asdict(item)
            | {
                "equal": _share_as_json(item.equal),
                "beside": None if item.beside is None else _share_as_json(item.beside),
            }
            for item in agreement.within
        ],
        "between": [
            asdict(pair) | {"equal": _share_as_json(pair.equal), "score_differs": pair.score_differs}
            for pair in agreement.between
        ],
        "differences": [asdict(item) for item in agreement.differences],
    }


def _share_as_json(share: "Share") -> dict[str, Any]:
    return asdict(share) | {"share": share.value}
