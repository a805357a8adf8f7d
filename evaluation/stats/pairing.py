"""Which cases do two candidates have in common? Pairs are made by case id, never by position."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Pairs:
    """The scores of two candidates on the cases that both have, and what was left out."""

    case_ids: tuple[str, ...]
    a: tuple[float, ...]
    b: tuple[float, ...]
    only_a: tuple[str, ...]
    """Cases that A has and B lacks: B's server failed there, or it was never asked."""
    only_b: tuple[str, ...]

    @property
    def n_pairs(self) -> int:
        """How many cases both have."""
        return len(self.case_ids)


def paired_by_case(a: Mapping[str, float], b: Mapping[str, float]) -> Pairs:
    """The cases of `a` that `b` has too, in the order of `a`."""
    shared = tuple(case_id for case_id in a if case_id in b)
    return Pairs(
        case_ids=shared,
        a=tuple(a[case_id] for case_id in shared),
        b=tuple(b[case_id] for case_id in shared),
        only_a=tuple(case_id for case_id in a if case_id not in b),
        only_b=tuple(case_id for case_id in b if case_id not in a),
    )
