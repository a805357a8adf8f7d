"""How alike servers answered, for a person and for a program."""

from collections.abc import Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from deployments.cli.terminal.tables import print_line, print_table
from evaluation.formatting import percent, score

if TYPE_CHECKING:
    from evaluation.servers.agreement import Agreement, Share

MOST_SHOWN = 10


def print_agreement(found: "Agreement", metric: str) -> None:
    """Prints who agrees with whom, where they part, and whether they may be pooled."""
    print_table(
        ("endpoint", "with", "equal", "of", "share", "95% interval", metric, "difference", "p"),
        [
            (item.endpoint, "itself", *_share(item.equal), _number(item.score), _number(item.score_noise), None)
            for item in found.within
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
            for pair in found.between
        ],
    )
    if found.differences:
        _print_differences(found, metric)
    if found.n_failed:
        print_line(f"left out: {found.n_failed} cases on which a server failed")
    for pair in found.between:
        print_line(pair.sentence)
    for item in found.within:
        if item.sentence is not None:
            print_line(item.sentence)


def _print_differences(found: "Agreement", metric: str) -> None:
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
            for item in found.differences[:MOST_SHOWN]
        ],
    )
    if (n_more := len(found.differences) - MOST_SHOWN) > 0:
        print_line(f"{n_more} more; --json lists them all")


def _share(share: "Share") -> tuple[object, ...]:
    return (share.n_equal, share.n, percent(share.value), f"{percent(share.low)} to {percent(share.high)}")


def _number(value: float | None) -> str | None:
    return None if value is None else score(value)


def agreement_as_json(found: "Agreement", *, digests: Sequence[str | None]) -> dict[str, Any]:
    """All that was seen.

    Args:
        found: What was seen.
        digests: Of the weights, in the order of the endpoints.
    """
    return {
        "digests": {item.endpoint: digest for item, digest in zip(found.within, digests, strict=True)},
        "n_cases": found.n_cases,
        "n_failed": found.n_failed,
        "may_be_pooled": found.may_be_pooled,
        "within": [
            asdict(item)
            | {
                "equal": _share_as_json(item.equal),
                "beside": None if item.beside is None else _share_as_json(item.beside),
            }
            for item in found.within
        ],
        "between": [
            asdict(pair) | {"equal": _share_as_json(pair.equal), "score_differs": pair.score_differs}
            for pair in found.between
        ],
        "differences": [asdict(item) for item in found.differences],
    }


def _share_as_json(share: "Share") -> dict[str, Any]:
    return asdict(share) | {"share": share.value}
