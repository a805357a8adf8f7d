"""The result of a review in sentences."""

from collections.abc import Sequence

from evaluation.formatting import counted, listed, p_value
from evaluation.results.estimates import shown_estimate
from evaluation.results.reviews import GradeFindings, PairPreference, PreferenceFindings, RaterResult, ReviewResult

ENOUGH_CASES = 6
"""With fewer cases, no two-sided test can separate candidates."""


def result_sentence(result: ReviewResult) -> str:
    """Return which candidate came out ahead, and how sure that is, in a sentence."""
    if not result.n_rated:
        return f"Nobody has rated a case of review {result.review_id} yet."
    findings = result.findings
    return _preferred(findings) if isinstance(findings, PreferenceFindings) else _graded(findings)


def _preferred(findings: PreferenceFindings) -> str:
    sentences = [_pair_words(pair) for pair in sorted(findings.pairs, key=lambda pair: pair.p_value)]
    rest = f"; {counted(len(sentences) - 1, 'more pair')}" if len(sentences) > 1 else ""
    return f"{sentences[0]}{rest}."


def _pair_words(pair: PairPreference) -> str:
    a, b, n_a, n_b, cases = pair.a, pair.b, pair.n_a, pair.n_b, counted(pair.n_cases, "case")
    if n_a == n_b == 0:
        return f"{a} and {b} are tied on {'the one case' if pair.n_cases == 1 else f'all {cases}'}"
    if n_a == n_b:
        who = f"{a} and {b} are preferred equally often, each on {n_a} of {cases}"
    else:
        who = f"{a} is preferred to {b} on {n_a} of {cases}, and {b} to {a} on {n_b}"
    return f"{who}, {pair.n_tied} tied (sign test {p_value(pair.p_value)})"


def _graded(findings: GradeFindings) -> str:
    best = findings.candidates[0]
    name, grade = next(iter(best.grades.items()))
    equal = [
        each.candidate for each in findings.candidates if name in each.grades and each.grades[name].value == grade.value
    ]
    whose = f"{best.candidate} has" if len(equal) == 1 else f"{listed(equal)} have"
    lead = f"{whose} the best {name} grade: {shown_estimate(grade, digits=2)}"
    of_best = [
        row
        for row in findings.differences
        if row.criterion == name and (row.a == best.candidate or (row.b == best.candidate and not row.difference))
    ]
    if not of_best:
        return f"{lead}."
    nearest = min(of_best, key=lambda row: row.difference or 0.0)
    other = nearest.b if nearest.a == best.candidate else nearest.a
    if nearest.n_cases < ENOUGH_CASES:
        cases, are = counted(nearest.n_cases, "case"), "is" if nearest.n_cases == 1 else "are"
        return f"{lead}; {cases} {are} too few to test the difference from {other}."
    verb = "is significantly higher than" if nearest.is_significant else "does not differ significantly from"
    ahead = shown_estimate(nearest, digits=2)
    whose = "It" if len(equal) == 1 else f"That of {best.candidate}"
    return f"{lead}. {whose} {verb} that of {other}: {ahead} more, {p_value(nearest.p_adjusted)} (Holm)."


def result_notes(result: ReviewResult) -> tuple[str, ...]:
    """Return the notes that a reader needs before relying on the numbers."""
    picked = result.picked
    notes = []
    if result.n_rated < result.n_items:
        notes.append(f"{result.n_items - result.n_rated} of {counted(result.n_items, 'case')} are not rated yet")
    if part := part_shown(result):
        notes.append(f"{part}: not all are rated on the same cases")
    if "chosen" in picked:
        notes.append("a person chose the cases: the numbers are about these alone")
    elif any(reason != "control" for reason in picked):
        n_controls = picked.get("control", 0)
        only = {0: "nothing here speaks", 1: "the one random control alone speaks"}.get(
            n_controls, f"the {n_controls} random controls alone speak"
        )
        notes.append(
            "cases were picked because candidates differ there: the numbers are about such cases, and "
            f"{only} for the whole benchmark"
        )
    if len(result.raters) == 1:
        notes.append(f"one person rated, {result.raters[0].rater}: how far people agree is not known")
    if isinstance(result.findings, PreferenceFindings) and result.findings.ranking is not None:
        notes += result.findings.ranking.notes
    return tuple(notes)


def part_shown(result: ReviewResult) -> str | None:
    """Return how many of the candidates that are shown at all a case shows; None where each shows all of them."""
    n_candidates = len({output.candidate for item in result.items for output in item.outputs})
    sizes = [len(item.outputs) for item in result.items]
    partial = [size for size in sizes if size < n_candidates]
    if not partial:
        return None
    if len(partial) == len(sizes) and len(set(sizes)) == 1:
        return f"a case shows {sizes[0]} of the {n_candidates} candidates"
    return f"{len(partial)} of {counted(len(sizes), 'case')} show a part of the {n_candidates} candidates"


def rater_words(raters: Sequence[RaterResult]) -> str:
    """Return the raters in words: `ana (10 cases) and ben (4 cases)`."""
    if not raters:
        return "nobody yet"
    return listed([f"{rater.rater} ({counted(rater.n_cases, 'case')})" for rater in raters])
