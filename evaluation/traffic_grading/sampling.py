"""The sample of a day's calls that a judge grades."""

from collections import defaultdict
from collections.abc import Mapping, Sequence

from evaluation.fingerprint import fingerprint
from evaluation.records.traffic_grades import CallPlace


def sample_of(calls: Sequence[CallPlace], n: int, *, seed: int) -> list[CallPlace]:
    """Return a random sample of the calls, shared evenly by tasks, candidates and policies, so that rare ones are seen.

    The same calls and seed give the same sample; whether a call is in it depends on the hash of its id alone, and on
    how many calls its task, candidate and policy have.

    Args:
        calls: Calls of one day that can be graded.
        n: Most calls of the sample.
        seed: Of the order in which calls are taken.
    """
    strata: defaultdict[tuple[str, str, str], list[CallPlace]] = defaultdict(list)
    for call in calls:
        strata[call.task, call.candidate, call.policy or ""].append(call)
    sizes = _shares({stratum: len(members) for stratum, members in strata.items()}, n)
    return [
        call
        for stratum in sorted(strata)
        for call in sorted(strata[stratum], key=lambda call: fingerprint([seed, call.call_id]))[: sizes[stratum]]
    ]


def _shares(sizes: Mapping[tuple[str, str, str], int], n: int) -> dict[tuple[str, str, str], int]:
    """Return how many calls each stratum gives: as many as any other, or all that it has."""
    shares: dict[tuple[str, str, str], int] = {}
    left = n
    for n_before, stratum in enumerate(sorted(sizes, key=lambda stratum: (sizes[stratum], stratum))):
        shares[stratum] = min(sizes[stratum], left // (len(sizes) - n_before))
        left -= shares[stratum]
    return shares
