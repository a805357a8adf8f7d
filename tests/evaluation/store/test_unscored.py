from collections.abc import Callable

from evaluation.errors import FailureKind
from evaluation.generation import Failure, Generation
from evaluation.records import MetricUse, OutcomeRow, ScoreRow
from evaluation.scores import Measurement, ScoreFailure
from evaluation.store.outcomes import load_outcomes, save_outcomes
from evaluation.store.scores import save_scores
from evaluation.store.session import Store
from evaluation.store.unscored import count_unscored

MakeRow = Callable[..., OutcomeRow]
F1, EXACT = (MetricUse(name=name, signature=f"{name}()|v1") for name in ("token_f1", "exact_match"))
DOWN = Failure(kind=FailureKind.SERVER_DOWN, message="no answer")
EMPTY = Generation(text="", answer="", own_failure=FailureKind.EMPTY_ANSWER)


def test_what_has_no_score_is_counted_by_metric_failures_of_the_server_left_out(
    store: Store, run_candidate_id: int, make_row: MakeRow
) -> None:
    names = [f"case-{number}" for number in range(5)]
    outcomes = {"case-3": EMPTY, "case-4": DOWN}
    save_outcomes(
        store,
        [
            make_row(run_candidate_id, name, outcomes[name]) if name in outcomes else make_row(run_candidate_id, name)
            for name in names
        ],
    )
    signatures = [F1.signature, EXACT.signature]
    assert 8 == count_unscored(store, run_candidate_id, signatures)

    ids = [stored.generation_id for stored in load_outcomes(store, run_candidate_id, names)]
    good, bad = Measurement(value=1.0), ScoreFailure(kind="verdict_unreadable", message="{")
    save_scores(
        store,
        [
            ScoreRow(generation_id=ids[number], metric=metric, measurement=measurement, scorer_version="1")
            for number, metric, measurement in ((0, F1, good), (1, F1, good), (0, EXACT, good), (1, EXACT, bad))
        ],
    )
    assert 5 == count_unscored(store, run_candidate_id, signatures)
    assert 2 == count_unscored(store, run_candidate_id, [F1.signature])
    assert 0 == count_unscored(store, run_candidate_id, [])
