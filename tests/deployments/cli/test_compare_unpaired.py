"""`benchwright compare --unpaired` in this process: groups that share no cases, and what it refuses."""

from collections.abc import Callable
from typing import Any

import pytest
from compared_runs import candidate, cases_of, failed, right_on, store_run
from filled_stores import fill_by_copy
from stored_runs import answer

from evaluation.case import Case
from evaluation.store.session import Store, open_store

Command = Callable[..., Any]
CASES = cases_of(40)
OTHERS = tuple(Case(case_id=f"c{i:02d}", prompt=f"What is {i} + 1?", references=(str(i + 1),)) for i in range(40))


@pytest.fixture
def two_benchmarks(database: str) -> None:
    """Runs `old` and `new` of one model on two benchmarks, whose cases have the same ids; the second much worse."""
    fill_by_copy(database, _store_two_benchmarks)


def _store_two_benchmarks(store: Store) -> None:
    store_run(store, candidate("m:1b", right_on(CASES, range(32))), cases=CASES, run_id="old")
    store_run(store, candidate("m:1b", right_on(OTHERS, range(12))), cases=OTHERS, run_id="new", name="sums")


@pytest.mark.usefixtures("two_benchmarks")
def test_two_benchmarks_are_compared_in_a_sentence_a_table_and_the_groups(benchwright: Command) -> None:
    said = benchwright("compare", "old", "new", "--unpaired")

    assert 0 == said.code, said.err
    lead = said.out.splitlines()[0]
    assert lead.startswith("m:1b in run old is better than m:1b in run new by 50.0 points [")
    assert lead.endswith("p < .0001 (χ²), 40 and 40 cases.")
    assert "h = +1.06" in said.out
    places = [said.out.index(text) for text in ("exact_match *", "* headline.", "Where the numbers come from", "sums")]
    assert sorted(places) == places
    assert "in common" not in said.out


@pytest.mark.usefixtures("two_benchmarks")
def test_json_has_the_pair_and_its_groups(benchwright: Command) -> None:
    found = benchwright("compare", "old", "new", "--unpaired", "--json").json

    (pair,) = found["pairs"]
    assert ("exact_match", "A better", 0.5, 40, 40, 0, "newcombe_unpaired+chi2", "cohen_h", None) == tuple(
        pair[key]
        for key in (
            "metric", "verdict", "difference", "n_a", "n_b", "n_common", "method", "effect_size_name", "mann_whitney"
        )
    )  # fmt: skip
    # statsmodels 0.14: confint_proportions_2indep(32, 40, 12, 40, method="newcomb"); scipy's chi2_contingency
    assert pair["low"] == pytest.approx(0.28649, abs=1e-5)
    assert pair["high"] == pytest.approx(0.65247, abs=1e-5)
    assert pair["p_value"] == pytest.approx(6.9679e-6, rel=1e-4)
    assert [["numbers"], ["sums"]] == [group["benchmarks"] for group in found["groups"]]
    assert ["old", "new"] == found["run_ids"]
    assert "exact_match" == found["headline"]


@pytest.mark.usefixtures("two_benchmarks")
def test_the_plain_comparison_of_two_benchmarks_names_the_unpaired_one(benchwright: Command) -> None:
    said = benchwright("compare", "old", "new")

    assert 2 == said.code
    assert "--unpaired" in said.err


def test_scores_are_compared_by_welch_with_ranks_beside(benchwright: Command, database: str) -> None:
    with open_store(database) as store:
        for run_id, cases, n in (("old", CASES, 1), ("new", OTHERS, 4)):
            texts = {case.case_id: answer(f"{case.references[0]} {'so ' * (i % n)}") for i, case in enumerate(cases)}
            store_run(store, candidate("m:1b", texts), cases=cases, run_id=run_id, metrics=("token_f1",),
                      headline="token_f1", name=run_id)  # fmt: skip

    (pair,) = benchwright("compare", "old", "new", "--unpaired", "--json").json["pairs"]

    # F1 of one word of one to four: 1, 2/3, 1/2, 2/5, ten times each, against 1 forty times
    assert pair["difference"] == pytest.approx(1 - (1 + 2 / 3 + 1 / 2 + 2 / 5) / 4)
    assert ("welch", "hedges_g", "A better") == (pair["method"], pair["effect_size_name"], pair["verdict"])
    assert pair["mann_whitney"]["rank_biserial"] == pytest.approx(0.75)


def test_repeats_of_a_case_are_one_case(benchwright: Command, database: str) -> None:
    with open_store(database) as store:
        for run_id, cases, n_right in (("old", CASES[:5], 3), ("new", OTHERS[:5], 0)):
            answers = {
                case.case_id: [answer(case.references[0] if k < n_right else "no idea") for k in range(3)]
                for case in cases
            }
            asked = candidate("m:1b", answers)
            store_run(store, asked, cases=cases, run_id=run_id, n_repeats=3, name=run_id)

    said = benchwright("compare", "old", "new", "--unpaired")

    assert said.out.startswith(
        "insufficient data: 5 and 5 cases are too few to tell m:1b in run old from m:1b in run new"
    )


def test_groups_within_a_margin_are_equivalent(benchwright: Command, database: str) -> None:
    with open_store(database) as store:
        store_run(store, candidate("m:1b", right_on(CASES, range(40))), cases=CASES, run_id="old")
        store_run(store, candidate("m:1b", right_on(OTHERS, range(39))), cases=OTHERS, run_id="new", name="sums")

    plain = benchwright("compare", "old", "new", "--unpaired")
    within = benchwright("compare", "old", "new", "--unpaired", "--margin", "15pp")

    lead = "inconclusive: 223 more cases in each group would settle a 3-point difference"
    assert plain.out.startswith(f"{lead} (m:1b in run old minus m:1b in run new: +2.5 points [")
    assert "inconclusive (+223 cases each)" in plain.out
    assert within.out.startswith("m:1b in run old and m:1b in run new are equivalent within 15 points (")


@pytest.mark.usefixtures("two_benchmarks")
def test_several_pairs_are_adjusted_by_holm(benchwright: Command, database: str) -> None:
    with open_store(database) as store:
        store_run(store, candidate("x:1b", right_on(OTHERS, range(30))), cases=OTHERS, run_id="third", name="sums")

    said = benchwright("compare", "old", "new", "third", "--unpaired")
    against = benchwright("compare", "old", "new", "third", "--unpaired", "--against", "old")

    assert said.out.startswith("2 of 3 pairs differ significantly (χ², Holm over 3 pairs).")
    assert "m:1b in run new and x:1b have 40 cases in common: of these, the paired comparison" in said.out
    assert against.out.startswith("1 of 2 pairs differs significantly (χ², Holm over 2 pairs).")
    assert "\nOf the others, x:1b and m:1b in run old differ most: " in against.out
    assert "in common" not in against.out


def test_a_pair_that_holm_alone_shows_has_an_interval_that_ends_at_no_difference(
    benchwright: Command, database: str
) -> None:
    with open_store(database) as store:
        for run_id, n in (("best", 38), ("worst", 18), ("middle", 27)):
            store_run(store, candidate("m:1b", right_on(CASES, range(n))), cases=CASES, run_id=run_id)

    said = benchwright("compare", "best", "worst", "middle", "--unpaired")

    assert "m:1b in run middle is better than m:1b in run worst by 22.5 points (0.0, " in said.out
    assert ", +0.0)" in said.out
    assert "A round bracket: the interval ends at no difference, which the test rules out." in said.out


def test_pairs_without_a_significant_difference_are_not_called_equal_and_share_one_note(
    benchwright: Command, database: str
) -> None:
    with open_store(database) as store:
        asked = [candidate(f"m{n}:1b", right_on(CASES, range(20 + n))) for n in range(4)]
        store_run(store, *asked, cases=CASES, run_id="four")

    said = benchwright("compare", "four", "--unpaired")

    assert said.out.startswith(
        "None of 6 pairs differs significantly (χ², Holm over 6 pairs); m0:1b and m3:1b differ most: 6,649 more cases "
        "in each group would settle a 3-point difference, and 1,024 more cases the observed one of 7.5 points.\n"
    )
    (note,) = (line for line in said.out.splitlines() if "in common" in line)
    assert note.startswith("m0:1b and m1:1b have 40 cases; m0:1b and m2:1b have 40 cases; ")
    assert "in common; 3 more pairs have some: of these, the paired comparison" in note


@pytest.mark.usefixtures("two_benchmarks")
def test_runs_put_together_by_a_key_are_one_group_with_all_their_cases(benchwright: Command, database: str) -> None:
    with open_store(database) as store:
        others = tuple(Case(case_id=f"d{i}", prompt=f"{i} - 1?", references=(str(i - 1),)) for i in range(10))
        store_run(store, candidate("x:1b", right_on(others, range(5))), cases=others, run_id="third", name="minus")

    found = benchwright("compare", "old", "new", "third", "--unpaired", "--by", "model", "--json").json

    (pair,) = found["pairs"]
    assert ("m:1b", 80, 10) == (pair["a"], pair["n_a"], pair["n_b"])
    assert pair["mean_a"] == pytest.approx(44 / 80)
    assert [["numbers", "sums"], ["minus"]] == [group["benchmarks"] for group in found["groups"]]


def test_cases_in_clusters_are_compared_by_the_means_of_the_clusters(benchwright: Command, database: str) -> None:
    with open_store(database) as store:
        for run_id, shift, chosen in (("old", 0, range(34)), ("new", 1, range(10))):
            cases = tuple(
                Case(case_id=f"c{i:02d}", prompt=f"{i} + {shift}?", references=(str(i),), cluster=f"{run_id}{i // 4}")
                for i in range(40)
            )
            store_run(store, candidate("m:1b", right_on(cases, chosen)), cases=cases, run_id=run_id, name=run_id)

    said = benchwright("compare", "old", "new", "--unpaired")

    assert "(Welch's t), 10 and 10 clusters." in said.out.splitlines()[0]


def test_cases_that_a_server_failed_are_left_out_and_counted(benchwright: Command, database: str) -> None:
    with open_store(database) as store:
        store_run(store, candidate("m:1b", right_on(CASES, range(30)) | failed(CASES, (38, 39))), cases=CASES,
                  run_id="old")  # fmt: skip
        store_run(store, candidate("m:1b", right_on(OTHERS, range(30))), cases=OTHERS, run_id="new", name="sums")

    found = benchwright("compare", "old", "new", "--unpaired", "--json").json

    assert [(38, 2), (40, 0)] == [(group["n_cases"], group["n_failed"]) for group in found["groups"]]


def test_two_versions_of_a_benchmark_share_the_cases_that_are_alike(benchwright: Command, database: str) -> None:
    changed = (*CASES[:30], *OTHERS[30:])
    with open_store(database) as store:
        store_run(store, candidate("m:1b", right_on(CASES, range(30))), cases=CASES, run_id="old")
        store_run(store, candidate("m:1b", right_on(changed, range(25))), cases=changed, run_id="new")

    said = benchwright("compare", "old", "new", "--unpaired")

    assert 0 == said.code
    assert "m:1b in run old and m:1b in run new have 30 cases in common" in said.out


def test_a_headline_that_was_not_measured_alike_is_refused(benchwright: Command, database: str) -> None:
    with open_store(database) as store:
        store_run(store, candidate("m:1b", right_on(CASES, range(30))), cases=CASES, run_id="old")
        store_run(
            store, candidate("m:1b", right_on(OTHERS, range(30))), cases=OTHERS, run_id="new", name="sums",
            metrics=("exact_match(ignore_case=False)",),
        )  # fmt: skip

    said = benchwright("compare", "old", "new", "--unpaired")

    assert 2 == said.code
    assert "error: 'exact_match' was measured differently: ignore_case=" in said.err


def test_other_task_types_are_refused(benchwright: Command, database: str) -> None:
    with open_store(database) as store:
        store_run(store, candidate("m:1b", right_on(CASES, range(30))), cases=CASES, run_id="old")
        store_run(
            store, candidate("m:1b", right_on(OTHERS, range(30))), cases=OTHERS, run_id="new", name="sums",
            task_type="classification",
        )  # fmt: skip

    said = benchwright("compare", "old", "new", "--unpaired")

    assert 2 == said.code
    assert "run old is of the task type 'reasoning' ('numbers') and run new of 'classification' ('sums')" in said.err


@pytest.mark.usefixtures("two_benchmarks")
@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("old", "new", "--metric", "latency_s"), "--metric latency_s needs cases in common"),
        (("old", "new", "--flips", 3), "not --flips"),
        (("old", "--model", "x:1b"), "not the options of `evaluate`"),
        (("old", "new", "--fail-on-regression", "--history"), "not --fail-on-regression, --history"),
        (("old",), "a comparison needs two sides"),
        (("old", "nobody"), "'nobody'"),
        ((), "nothing to compare"),
        (("old", "new", "--margin", "0"), "--margin '0' must be above zero"),
        (("old", "new", "--against", "nobody"), "'nobody'"),
        (("old", "new", "--metric", "rouge"), "'rouge'"),
    ],
)
def test_what_cannot_be_compared_is_refused_with_what_to_do(
    benchwright: Command, words: tuple[object, ...], message: str
) -> None:
    said = benchwright("compare", *words, "--unpaired")

    assert (2, "") == (said.code, said.out)
    assert message in said.err
    assert "  next: " in said.err


@pytest.mark.usefixtures("two_benchmarks")
def test_an_undecided_pair_names_the_cases_that_it_lacks_and_a_settled_one_does_not(
    benchwright: Command, database: str
) -> None:
    with open_store(database) as store:
        store_run(store, candidate("m:1b", right_on(CASES, range(28))), cases=CASES, run_id="near")

    said = benchwright("compare", "old", "near", "--unpaired")
    (pair,) = benchwright("compare", "old", "near", "--unpaired", "--json").json["pairs"]
    (settled,) = benchwright("compare", "old", "new", "--unpaired", "--json").json["pairs"]

    # .8 and .7 of 40: ((1.96 sqrt(2 · .75 · .25) + .8416 sqrt(.16 + .21)) / .1)² = 293.2 of each by the normal formula
    lead = "inconclusive: 3,217 more cases in each group would settle a 3-point difference, and 252 more cases the "
    assert said.out.startswith(
        f"{lead}observed one of 10 points (m:1b in run old minus m:1b in run near: +10.0 points ["
    )
    assert (3217, 0.03) == (pair["n_more"], pair["aim"])
    assert 0.27 < pair["mde"] < 0.28
    assert {"n_more", "aim", "mde"}.isdisjoint(settled)


def test_groups_of_clusters_are_told_the_cases_and_not_the_clusters(benchwright: Command, database: str) -> None:
    with open_store(database) as store:
        for run_id, shift, n_right in (("old", 0, 22), ("new", 1, 20)):
            cases = tuple(
                Case(case_id=f"c{i:02d}", prompt=f"{i} + {shift}?", references=(str(i),), cluster=f"{run_id}{i // 4}")
                for i in range(40)
            )
            chosen = [7 * i % 40 for i in range(n_right)]
            store_run(store, candidate("m:1b", right_on(cases, chosen)), cases=cases, run_id=run_id, name=run_id)

    (pair,) = benchwright("compare", "old", "new", "--unpaired", "--json").json["pairs"]

    assert (10, 10, 0) == (pair["n_clusters_a"], pair["n_clusters_b"], pair["n_more"] % 4)
    assert pair["n_more"] > 40
