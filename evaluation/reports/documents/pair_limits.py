"""What a comparison's tests were, and what they could not tell, in words."""

from evaluation.comparisons.sentences import n_tested, named_tests, what_is_missing
from evaluation.formatting import counted, precise
from evaluation.results.comparisons import ComparisonResult
from evaluation.stats.verdicts import A_BETTER, B_BETTER, EQUIVALENT

MOST_NAMED = 5
"""Undecided pairs that are named; of more, they are counted."""


def tests_in_words(compared: ComparisonResult | None) -> list[str]:
    """Return which tests decided, and between how many pairs."""
    if compared is None:
        return []
    pairs = compared.headline_pairs
    tests = named_tests(pairs, n_tested(pairs))
    if not tests:
        return ["No difference was tested."]
    level = min(pair.confidence_level for pair in pairs)
    least, most = min(pair.n_pairs for pair in pairs), max(pair.n_pairs for pair in pairs)
    cases = f"{least:,}" if least == most else f"{least:,} to {most:,}"
    intervals = "95 %" if len(pairs) == 1 else f"{precise(100 * level)} % each, so that all hold together with 95 %"
    return [
        f"Differences in {compared.headline}: paired on {cases} cases that both sides have a value of, two-sided "
        f"({tests}); intervals of {intervals}. A difference counts as shown where p is below .05."
    ]


def missing_evidence(compared: ComparisonResult | None) -> list[str]:
    """Return which pairs these cases could not tell apart, and how many more cases would."""
    if compared is None:
        return []
    decided = (A_BETTER, B_BETTER, EQUIVALENT)
    undecided = [pair for pair in compared.headline_pairs if pair.verdict not in decided]
    named = [
        f"{pair.a} and {pair.b} cannot be told apart on {counted(pair.n_pairs, 'case')}"
        + (f": {missing}." if (missing := what_is_missing(pair)) else ".")
        for pair in undecided[:MOST_NAMED]
    ]
    n_more = len(undecided) - len(named)
    return [*named, *([f"{counted(n_more, 'more pair')} cannot be told apart."] if n_more else [])]
