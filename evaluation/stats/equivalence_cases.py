"""How many pairs show two equal candidates to be equivalent within a margin, by two one-sided tests?

n = ((z_{1-α} s₀ + z_{(1+power)/2} s₁) / margin)², s₁ the deviation of a pair where the two are equal, s₀ the one that
the test reckons with at the margin (Tango 1998, Stat Med 17:891, for shares). So many also show a true difference of
the margin, with about the same power.
"""

from math import sqrt

from evaluation.stats.power import ALPHA, POWER, checked, not_zero, paired_t_cases, z_of

_ROUNDS = 30


def share_equivalence_cases(margin: float, *, discordant: float, alpha: float = ALPHA, power: float = POWER) -> float:
    """Return the pairs for the difference of two shares, by Tango's test; not rounded up.

    Args:
        margin: Above 0; from 1 on it is 1.
        discordant: The share of pairs that differ; at least the margin is reckoned with.
        alpha: The limit for each of the two p-values.
        power: The chance to show it.
    """
    checked(alpha, power)
    margin = min(not_zero(margin), 1.0)
    differing = min(1.0, max(discordant, margin))
    linear = 2 * margin - differing
    only_b = (sqrt(linear * linear + 4 * differing * margin * (1 - margin)) - linear) / 4
    at_margin = 2 * only_b + margin * (1 - margin)
    reach = z_of(1 - alpha) * sqrt(at_margin) + z_of((1 + power) / 2) * sqrt(differing)
    return (reach / margin) ** 2


def mean_equivalence_cases(effect: float, *, alpha: float = ALPHA, power: float = POWER) -> float:
    """Return the pairs for a mean difference, by Student's t; not rounded up.

    Args:
        effect: The margin in standard deviations of the differences.
        alpha: The limit for each of the two p-values.
        power: The chance to show it, and a difference of the margin.
    """
    checked(alpha, power)
    from scipy.special import stdtrit

    n = ((z_of(1 - alpha) + z_of((1 + power) / 2)) / not_zero(effect)) ** 2
    for _ in range(_ROUNDS):  # its limits move with the number of pairs, less each time
        degrees = max(1.0, n - 1)
        n = ((float(stdtrit(degrees, 1 - alpha)) + float(stdtrit(degrees, (1 + power) / 2))) / effect) ** 2
    return max(n, paired_t_cases(effect, alpha=alpha, power=power))
