import numpy as np
import pytest
from scored_tables import scored

from evaluation.stats.multiplicity import holm
from evaluation.stats.ranking import compare_many
from evaluation.stats.verdicts import A_BETTER, B_BETTER, MIN_PAIRS
from selection.choosing.choice import choose
from selection.choosing.explanation import reason_of
from selection.preferences import Constraints, Question
from selection.scoreboard import Scoreboard
from selection.scoreboards import pair_tests
from selection.scoreboards.building import build_scoreboard


def _right_or_wrong(rng: np.random.Generator) -> np.ndarray:
    """A table of candidates that are near to one another, with holes, some of them asked next to nothing."""
    n_candidates, n_cases = int(rng.integers(2, 7)), int(rng.integers(6, 120))
    level = 0.5 + rng.normal(0, 0.12, size=(n_candidates, 1))
    table = (rng.random((n_candidates, n_cases)) < level).astype(float)
    table[rng.random(table.shape) < rng.choice([0.0, 0.1, 0.6])] = np.nan
    table[:, 0] = np.where(np.isfinite(table).any(axis=1), table[:, 0], 1.0)
    return table


def _sides(table: np.ndarray) -> dict[str, dict[str, float]]:
    """The same as scores by label and case."""
    return {
        "abcdefgh"[row]: {str(case): value for case, value in enumerate(values) if np.isfinite(value)}
        for row, values in enumerate(table.tolist())
    }


@pytest.mark.parametrize("seed", range(60))
def test_right_or_wrong_answers_have_the_p_values_of_compare(seed: int) -> None:
    table = _right_or_wrong(np.random.default_rng(seed))
    tests = build_scoreboard(scored(table)).standings["qa"].tests
    assert tests is not None
    found = compare_many(_sides(table), seed=1)
    expected = [one.p_adjusted for _, _, one in found.pairs if one.n_pairs >= MIN_PAIRS]
    places = [("abcdefgh".index(a), "abcdefgh".index(b)) for a, b, one in found.pairs if one.n_pairs >= MIN_PAIRS]
    assert len(expected) == tests.n_tests
    assert expected == pytest.approx([tests.p_adjusted[place] for place in places], rel=1e-9)


@pytest.mark.parametrize("seed", range(60))
def test_nobody_is_told_from_the_best_whom_compare_does_not_tell_from_it(seed: int) -> None:
    table = _right_or_wrong(np.random.default_rng(1000 + seed))
    table = np.where(np.isfinite(table), table, 0.0)  # the same cases for all, so that both order them alike
    choice = choose(build_scoreboard(scored(table)), Question(task="qa"), min_cases=1)
    decided = {
        frozenset((a, b))
        for a, b, one in compare_many(_sides(table), seed=1).pairs
        if one.verdict in (A_BETTER, B_BETTER)
    }
    best = choice.ranked[0].candidate.label
    for one, contrast in zip(choice.ranked[1:], choice.contrasts[1:], strict=True):
        assert contrast is not None
        assert (frozenset((best, one.candidate.label)) in decided) is not contrast.is_tied


def _of_two(only_a: int, only_b: int, *, both: int = 40) -> Scoreboard:
    a = [1] * both + [1] * only_a + [0] * only_b
    b = [1] * both + [0] * only_a + [1] * only_b
    return build_scoreboard(scored([a, b]))


def test_a_borderline_pair_is_tied_where_the_exact_test_cannot_tell_it() -> None:
    # Exact p of 5 and 15 is .041, of 5 and 14 .064, where Student's t of the same 59 cases has .038.
    assert () == choose(_of_two(15, 5), Question(task="qa")).tied
    assert ("a", "b") == choose(_of_two(14, 5), Question(task="qa")).tied


def test_the_reason_names_the_test_and_the_pairs_that_it_allows_for() -> None:
    assert "(p = .041; exact McNemar over all measured runs)" in reason_of(choose(_of_two(15, 5), Question(task="qa")))
    three = build_scoreboard(scored([[1] * 60, [1] * 45 + [0] * 15, [0] * 60]))
    assert "; exact McNemar over all measured runs, Holm over 3 pairs)" in reason_of(choose(three, Question(task="qa")))


def test_a_constraint_that_rules_somebody_out_does_not_change_the_verdict_on_the_others() -> None:
    board = build_scoreboard(scored([[1] * 40 + [1] * 16 + [0] * 5, [1] * 40 + [0] * 16 + [1] * 5, [0] * 61]))
    all_three = choose(board, Question(task="qa"))
    two = choose(board, Question(task="qa", constraints=Constraints(min_quality=0.5)))
    assert 1 == len(two.removed)
    assert all_three.contrasts[1] == two.contrasts[1]


def test_one_question_in_two_versions_of_a_benchmark_is_one_case_of_the_exact_test() -> None:
    # The first case stands in both versions; b was asked it in the second alone.
    table = [[1, 1, *[1] * 8, *[0] * 6], [np.nan, 0, *[0] * 8, *[0] * 6]]
    board = build_scoreboard(scored(table, families=["same", "same", *map(str, range(14))]))
    tests = board.standings["qa"].tests
    assert tests is not None
    assert (9, 2 / 2**9) == (tests.n_differing[0, 1], tests.p_adjusted[0, 1])


def _fractions(rng: np.random.Generator) -> np.ndarray:
    """Means of three right or wrong answers, or scores of a metric, with holes."""
    table = _right_or_wrong(rng)
    if rng.random() < 0.5:
        return np.where(np.isfinite(table), rng.binomial(3, 0.3 + 0.4 * np.nan_to_num(table)) / 3, np.nan)
    return table * rng.random(table.shape)


@pytest.mark.parametrize("seed", range(40))
def test_other_scores_have_the_p_values_of_compare(seed: int) -> None:
    table = _fractions(np.random.default_rng(2000 + seed))
    tests = build_scoreboard(scored(table)).standings["qa"].tests
    assert tests is not None
    found = compare_many(_sides(table), seed=0)
    expected = [one.p_adjusted for _, _, one in found.pairs if one.n_pairs >= MIN_PAIRS]
    places = [("abcdefgh".index(a), "abcdefgh".index(b)) for a, b, one in found.pairs if one.n_pairs >= MIN_PAIRS]
    assert expected == pytest.approx([tests.p_adjusted[place] for place in places], abs=1e-12)


@pytest.mark.parametrize("seed", range(20))
def test_scores_of_cases_that_share_families_have_the_p_values_of_compare(seed: int) -> None:
    rng = np.random.default_rng(3000 + seed)
    table = _fractions(rng)
    families = [f"family {place}" for place in rng.integers(0, max(8, table.shape[1] // 2), size=table.shape[1])]
    standing = build_scoreboard(scored(table, families=families)).standings["qa"]
    assert standing.tests is not None
    clusters = {str(case): family for case, family in enumerate(families)}
    raw = {(a, b): one.p_value for a, b, one in compare_many(_sides(table), seed=0, clusters=clusters).pairs}
    places = [
        (a, b) for a, b in zip(*np.triu_indices(len(table), 1), strict=True) if standing.n_pairs[a, b] >= MIN_PAIRS
    ]
    expected = holm([raw["abcdefgh"[a], "abcdefgh"[b]] for a, b in places])
    assert expected == pytest.approx([standing.tests.p_adjusted[place] for place in places], rel=1e-9)


def test_the_reason_names_sign_flips() -> None:
    few = [[0.9] * 20, [0.2, 0.3] * 10]
    assert "sign flips over all measured runs" in reason_of(choose(build_scoreboard(scored(few)), Question(task="qa")))


def test_many_candidates_on_many_cases_are_held_against_students_t(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pair_tests, "MAX_FLIPPED", 79)
    few = [[0.9] * 40, [0.2, 0.3] * 20]
    assert "paired t over all measured runs" in reason_of(choose(build_scoreboard(scored(few)), Question(task="qa")))


def test_where_no_task_is_named_and_one_is_known_its_own_test_decides() -> None:
    board = _of_two(14, 5)
    assert board.overall.tests is board.standings["qa"].tests
