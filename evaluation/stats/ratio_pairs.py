"""Latency, tokens, cost on the same cases: how many times as much does A take as B?

exp(mean(log A - log B)), the geometric mean of the ratios, with Student's interval and test of the logarithms.
"""

from collections.abc import Mapping
from dataclasses import replace
from math import exp, log1p

import numpy as np

from evaluation.stats.continuous_pairs import mean_evidence, paired_t_p_value
from evaluation.stats.intervals import Interval
from evaluation.stats.numbers import Vector, difference_of
from evaluation.stats.pair_evidence import Evidence, PairTestSettings
from evaluation.stats.sign_flips import sign_flip_p_value

_LARGEST_LOG = 700.0
_MOST_FLIPPED = 20_000
"""Pairs up to which flips of signs stand beside Student's test; beyond, both say the same, and flips are slow."""


def ratio_evidence(a: Vector, b: Vector, terms: PairTestSettings) -> Evidence:
    """Return what two positive quantities a case say of their ratio, A by B.

    A margin of 0.1 reaches from 1/1.1 to 1.1.
    """
    differences = difference_of(np.log(a), np.log(b))
    p_t = paired_t_p_value(differences)
    if p_t is not None and differences.size > _MOST_FLIPPED:
        return _as_log_ratio(mean_evidence(differences, log_terms(terms), test="t", p_value=p_t), {})
    p_flips, flips = sign_flip_p_value(differences, rng=terms.rng)
    test, p_value = ("t", p_t) if p_t is not None else (flips, p_flips)
    evidence = mean_evidence(differences, log_terms(terms), test=test, p_value=p_value)
    return _as_log_ratio(evidence, {"sign_flip": p_flips})


def _as_log_ratio(evidence: Evidence, also: Mapping[str, float]) -> Evidence:
    method = evidence.method.replace("t+t", "log_t").replace("no_spread+", "log_no_spread+")
    return as_ratio(replace(evidence, method=method, also={**evidence.also, **also}))


def log_terms(terms: PairTestSettings) -> PairTestSettings:
    """Return the terms with the margin on the scale of logarithms."""
    return replace(terms, margin=None if terms.margin is None else log1p(terms.margin))


def as_ratio(evidence: Evidence) -> Evidence:
    """Return the evidence of logarithms as one of ratios."""
    return replace(
        evidence,
        difference=_exp(evidence.difference),
        interval=_interval(evidence.interval),
        effect_size=_exp(evidence.difference),
        effect_size_name="ratio",
        mde=None if evidence.mde is None or evidence.mde > _LARGEST_LOG else exp(evidence.mde),
        aim=None if evidence.aim is None else _exp(evidence.aim),
        intervals={name: Interval(_exp(low), _exp(high)) for name, (low, high) in evidence.intervals.items()},
    )


def _interval(logs: Interval | None) -> Interval | None:
    return None if logs is None else Interval(_exp(logs.low), _exp(logs.high))


def _exp(logarithm: float) -> float:
    """Return the number itself; beyond the largest float, one close to it."""
    return exp(min(logarithm, _LARGEST_LOG))
