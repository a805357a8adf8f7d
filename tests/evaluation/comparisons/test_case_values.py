from dataclasses import replace

from compared_runs import candidate, cases_of, compared, right_on, store_run

from evaluation.metrics.judges.pairwise import JudgePairwise
from evaluation.records.candidates import MetricUse
from evaluation.records.scores import ScoreRow
from evaluation.reports.comparisons.markdown import comparisons_as_markdown
from evaluation.resolution.metric_models import opponent_name
from evaluation.scores import Measurement
from evaluation.store.outcomes import iterate_outcomes
from evaluation.store.runs import find_run
from evaluation.store.scores import save_scores
from evaluation.store.session import Store

CASES = cases_of(30)


def judged_run(store: Store, run_id: str, wins: dict[str, int]) -> str:
    """A run whose candidates were each held against the first by a judge; so many wins of 30 each."""
    models = ["first:1b", *wins]
    store_run(store, *(candidate(m, right_on(CASES, range(10))) for m in models), cases=CASES, run_id=run_id)
    opponent, *others = find_run(store, run_id).candidates
    against = opponent_name(opponent.plan.label, opponent.plan.candidate_fingerprint)
    metric = JudgePairwise(model="judge:8b", digest="d", against=against)
    use = MetricUse(name=metric.name, signature=metric.signature)
    for found, n_wins in zip(others, wins.values(), strict=True):
        ids = [stored.generation_id for page in iterate_outcomes(store, found.run_candidate_id) for stored in page]
        values = [1.0 if i < n_wins else 0.0 for i in range(len(ids))]
        save_scores(
            store,
            [
                ScoreRow(generation_id=row_id, metric=use, measurement=Measurement(value=value), scorer_version="1")
                for row_id, value in zip(ids, values, strict=True)
            ],
        )
    return run_id


def test_verdicts_of_a_judge_rank_the_sides_on_one_scale(store: Store) -> None:
    run = judged_run(store, "judged", {"good:1b": 27, "poor:1b": 3})

    result = compared(store, run)

    (found,) = result.preferences
    assert "judge_pairwise by judge:8b" == found.word
    assert ["good:1b", "first:1b", "poor:1b"] == [rating.name for rating in found.ranking.ratings]
    assert ("good:1b", 60, 30) == (found.ranking.winner, found.ranking.n_votes, found.ranking.n_prompts)
    assert "judge_pairwise" not in [metric.metric for metric in result.metrics]
    assert "judge\\_pairwise by judge:8b: good:1b is preferred" in comparisons_as_markdown([result])


def test_preferences_alone_may_be_asked_for(store: Store) -> None:
    run = judged_run(store, "judged", {"good:1b": 27})

    result = compared(store, run, metrics=["judge_pairwise"])

    assert () == result.pairs
    assert None is result.headline
    assert result.sentences[0].startswith("judge_pairwise by judge:8b: good:1b is preferred (chance 9")


def test_a_judge_of_two_runs_gives_one_ranking(store: Store) -> None:
    judged_run(store, "one", {"good:1b": 20})
    judged_run(store, "two", {"other:1b": 20})

    (found,) = compared(store, "one", "two", by="candidate").preferences

    assert {"first:1b", "good:1b", "other:1b"} == {rating.name for rating in found.ranking.ratings}
    assert replace(JudgePairwise(model="judge:8b", digest="d"), against="").signature == found.signature
