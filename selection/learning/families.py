"""Families of prompts that belong together, so that a model is never tested on a twin of what it was trained on.

A family is what was declared (cases of one document or template) joined with near-duplicates of prompts: at least
`ALIKE` of the three-word shingles in common, leaving out shingles that many prompts of the task share (its
instructions); candidates for that are found by MinHash (Broder 1997). Where this would chain a large part of a task
into one family, only prompts that are equal but for digits and blanks are joined.

Which families are held out follows from the families themselves, so that a family held out once stays held out in every
later training, and a champion can be tested on it against a challenger.
"""

import hashlib
import re
from collections import Counter, defaultdict
from collections.abc import Hashable, Iterable, Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from evaluation.errors import ConfigurationError
from evaluation.records.evidence import EvidenceCase
from selection.learning.features import read_part
from selection.scoreboards.two_way import Integers, Mask

ALIKE = 0.7
COMMON = 0.05
"""Share of a task's prompts above which a shingle says nothing of their similarity."""
LARGEST = 0.2
"""Maximum share of a task in one joined family."""
_PRIME = np.uint64((1 << 31) - 1)
_BANDS, _ROWS = 12, 3


def families_and_codes(cases: Sequence[EvidenceCase], prompts: Sequence[str]) -> tuple[Integers, NDArray[np.uint64]]:
    """Return the family of each case, and the code of its prompt.

    Raises:
        ConfigurationError: the prompts do not match the cases.
    """
    if len(prompts) != len(cases):
        raise ConfigurationError(
            f"{len(prompts)} prompts for {len(cases)} cases", "Give the prompt of every case, in their order."
        )
    return prompt_families(cases, prompts), prompt_codes(cases, prompts)


def prompt_families(cases: Sequence[EvidenceCase], prompts: Sequence[str]) -> Integers:
    """Return the family of each case, numbered from 0 in order of first appearance, shape (n_cases,)."""
    joined = _Joined(len(cases))
    declared: dict[Hashable, int] = {}
    by_task: dict[str, list[int]] = defaultdict(list)
    for place, case in enumerate(cases):
        joined.join(place, declared.setdefault((case.yardstick, case.family), place))
        by_task[case.task].append(place)
    for places in by_task.values():
        _join_alike(joined, places, prompts)
    return joined.numbered()


def prompt_codes(cases: Sequence[EvidenceCase], prompts: Sequence[str]) -> NDArray[np.uint64]:
    """Return a hash of each prompt on its task, ignoring case, digits and blanks: stable across trainings."""
    texts = (f"{case.task}\0{_normal(prompt)}" for case, prompt in zip(cases, prompts, strict=True))
    codes = [int.from_bytes(hashlib.sha256(text.encode("utf-8", "replace")).digest()[:8], "big") for text in texts]
    return np.array(codes, dtype=np.uint64)


def held_out(families: Integers, codes: NDArray[np.uint64], share: float) -> Mask:
    """Return the cases of families held out for the last test: about `share` of them, by the lowest code in each."""
    if not len(families):
        return np.zeros(0, dtype=np.bool_)
    least = np.full(int(families.max()) + 1, np.iinfo(np.uint64).max, dtype=np.uint64)
    np.minimum.at(least, families, codes)
    drawn = [hashlib.sha256(b"held out" + int(code).to_bytes(8, "big")).digest()[:4] for code in least]
    chosen = np.array([int.from_bytes(digest, "big") < share * 2**32 for digest in drawn], dtype=np.bool_)
    is_held_out: Mask = chosen[families]
    return is_held_out


def folds(families: Integers, n_folds: int, rng: "np.random.Generator") -> Integers:
    """Return the fold of each case; a family is in one fold, and folds have about as many families each."""
    distinct_families, place = np.unique(families, return_inverse=True)
    assigned = np.empty(len(distinct_families), dtype=np.int64)
    assigned[rng.permutation(len(distinct_families))] = np.arange(len(distinct_families)) % n_folds
    fold_of_case: Integers = assigned[place]
    return fold_of_case


class _Joined:
    """Disjoint sets that are merged step by step."""

    def __init__(self, n: int) -> None:
        self.parent = list(range(n))

    def root(self, place: int) -> int:
        while self.parent[place] != place:
            self.parent[place] = self.parent[self.parent[place]]
            place = self.parent[place]
        return place

    def join(self, place: int, other: int) -> None:
        place, other = self.root(place), self.root(other)
        self.parent[max(place, other)] = min(place, other)

    def numbered(self) -> Integers:
        numbers: dict[int, int] = {}
        return np.array([numbers.setdefault(self.root(place), len(numbers)) for place in range(len(self.parent))])


def _join_alike(joined: _Joined, places: Sequence[int], prompts: Sequence[str]) -> None:
    normal = [_normal(prompts[place]) for place in places]
    same: dict[str, int] = {}
    for place, text in zip(places, normal, strict=True):
        joined.join(place, same.setdefault(text, place))
    distinct = list(same.items())
    pairs = list(_alike([text for text, _ in distinct]))
    trial = _Joined(len(distinct))
    for first, other in pairs:
        trial.join(first, other)
    if len(distinct) < 2 or np.bincount(trial.numbered()).max() > max(LARGEST * len(distinct), 2):
        return
    for first, other in pairs:
        joined.join(distinct[first][1], distinct[other][1])


def _normal(prompt: str) -> str:
    return " ".join(re.sub(r"\d+", "0", prompt.lower()).split())


def _alike(texts: Sequence[str]) -> Iterable[tuple[int, int]]:
    """Yield the pairs of near-duplicates."""
    shingles = _telling([_shingles(text) for text in texts])
    buckets: dict[Hashable, list[int]] = defaultdict(list)
    multipliers, offsets = _hashes()
    for place, own in enumerate(shingles):
        if not own:
            continue
        codes = np.fromiter(own, dtype=np.uint64, count=len(own))
        signature = ((codes[:, None] * multipliers + offsets) % _PRIME).min(axis=0).reshape(_BANDS, _ROWS)
        for band, values in enumerate(signature.tolist()):
            buckets[band, tuple(values)].append(place)
    seen: set[tuple[int, int]] = set()
    for bucket in buckets.values():
        for pair in pairwise(bucket):
            if pair not in seen:
                seen.add(pair)
                first, other = shingles[pair[0]], shingles[pair[1]]
                if len(first & other) >= ALIKE * len(first | other):
                    yield pair


def _shingles(text: str) -> set[int]:
    words = read_part(text).split()
    triples = zip(words, words[1:], words[2:], strict=False) if len(words) > 3 else [tuple(words)]
    return {
        int.from_bytes(hashlib.blake2s(" ".join(triple).encode("utf-8", "replace"), digest_size=4).digest(), "big") >> 1
        for triple in triples
    }


def _telling(shingles: list[set[int]]) -> list[set[int]]:
    """Return the shingles without those that many prompts share."""
    counts = Counter(code for own in shingles for code in own)
    most = max(COMMON * len(shingles), 10)
    return [{code for code in own if counts[code] <= most} for own in shingles]


def _hashes() -> tuple[NDArray[np.uint64], NDArray[np.uint64]]:
    rng = np.random.default_rng(7)
    multipliers = rng.integers(1, 2**31 - 1, _BANDS * _ROWS, dtype=np.uint64)
    return multipliers, rng.integers(0, 2**31 - 1, _BANDS * _ROWS, dtype=np.uint64)
