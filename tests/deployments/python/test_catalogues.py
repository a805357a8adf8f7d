"""`list_…` and `load_…` as functions: what the commands list and show, as types, frames and pages of a notebook."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from reviewable import NAMES, fill, graded, opened, prefers
from scripted_ollama import ScriptedOllama

from evaluation import (
    compare,
    list_benchmarks,
    list_comparisons,
    list_endpoints,
    list_experiments,
    list_metrics,
    list_models,
    list_profiles,
    list_reviews,
    load_benchmark,
    load_comparison,
    load_experiment,
    load_metric,
    load_review,
)
from evaluation.errors import ConfigurationError, StoreError, UnknownNameError
from evaluation.records.reviews import ReviewRecord, Said
from evaluation.results.as_json import as_json
from evaluation.results.reviews import OpenReviewResult, ReviewResult
from evaluation.reviews.rating_checks import checked
from evaluation.store.ratings import save_ratings
from evaluation.store.reviews import begin_session
from evaluation.store.session import Store, open_store

Command = Callable[..., str]


def plain(result: object) -> Any:
    """A result as JSON, without what an entry of a list does not have."""
    shown = as_json(result)
    return shown if isinstance(shown, dict) else [{k: v for k, v in each.items() if v is not None} for each in shown]


@pytest.mark.parametrize(
    ("call", "words", "unit"),
    [
        (list_experiments, ("experiments", "list"), "1 experiment"),
        (lambda: list_experiments(tag="none"), ("experiments", "list", "--tag", "none"), "0 experiments"),
        (list_endpoints, ("endpoints", "list"), "1 endpoint"),
        (list_benchmarks, ("benchmarks", "list"), "benchmarks"),
        (list_metrics, ("metrics", "list"), "metrics"),
        (list_profiles, ("profiles", "list"), "profiles"),
        (list_reviews, ("review", "list"), "0 reviews"),
    ],
)
def test_a_list_is_that_of_the_command_with_a_frame_and_a_page(
    everything: str, benchwright: Command, call: Callable[[], Any], words: tuple[str, ...], unit: str
) -> None:
    result = call()

    shown = json.loads(benchwright(*words, "--json"))
    assert [{key: value for key, value in each.items() if value is not None} for each in shown] == plain(result)
    assert len(result) == len(result.to_frame())
    assert {"string", "Int64", "float64", "boolean", "datetime64[us, UTC]"} >= set(map(str, result.to_frame().dtypes))
    assert unit in result._repr_html_()


def test_the_columns_of_an_empty_list_have_the_dtypes_of_a_full_one(everything: str) -> None:
    full, empty = list_experiments().to_frame(), list_experiments(tag="none").to_frame()

    assert (1, 0) == (len(full), len(empty))
    assert dict(full.dtypes) == dict(empty.dtypes)
    assert "datetime64[us, UTC]" == str(empty["created_at"].dtype)
    assert ["mixed", "later"] == json.loads(full["run_ids"][0])


def test_an_experiment_is_shown_with_its_runs(everything: str, benchwright: Command) -> None:
    result = load_experiment("ladder")

    assert json.loads(benchwright("experiments", "show", "ladder", "--json")) == as_json(result)
    frame = result.to_frame()
    assert [("mixed", "good:1b", 1.0), ("later", "good:1b", 1.0)] == [
        (row.run_id, row.highest, row.value) for row in frame.itertuples()
    ]
    assert "Which one?" in result._repr_html_()
    with pytest.raises(UnknownNameError):
        load_experiment("none")


def test_models_are_those_of_the_servers_or_of_the_store(ollama_by_script: ScriptedOllama) -> None:
    ollama_by_script.add("good")

    seen = list_models(endpoint=ollama_by_script.url)

    (model,) = list_models(stored=True)
    assert ["good"] == [each.name for each in seen] == [model.name]
    assert "good" in seen._repr_html_()
    assert ["good"] == list(seen.to_frame()["name"])
    assert () == list_models(stored=True, family="nobody")
    with pytest.raises(ConfigurationError, match=r"^max_size 'big' is not a size"):
        list_models(stored=True, max_size="big")


def test_a_benchmark_has_its_cases_and_a_metric_its_details(benchmark: str, benchwright: Command) -> None:
    result, metric = load_benchmark(benchmark), load_metric("exact_match")

    assert 6 == result.facts.n_cases == len(result.cases) == len(result.to_frame())
    assert "prompt" in result.to_frame().columns
    assert result.cases[0].prompt in result._repr_html_()
    assert json.loads(benchwright("metrics", "show", "exact_match", "--json")) == as_json(metric)
    assert "exact_match · " in metric._repr_html_()
    assert [option.name for option in metric.options] == list(metric.to_frame()["name"])
    with pytest.raises(UnknownNameError, match="exact_match"):
        load_metric("exact_mtch")


def test_stored_comparisons_are_listed_newest_first(everything: str) -> None:
    (first,) = compare("mixed")
    (second,) = compare("run-summarization")

    listed = list_comparisons()

    assert [second.comparison_id, first.comparison_id] == [each.comparison_id for each in listed]
    assert [second.comparison_id] == list(list_comparisons(limit=1).to_frame()["comparison_id"])
    assert first.pairs == load_comparison(listed[1].comparison_id).pairs
    assert first.sentences[0] == listed[1].sentence
    assert "2 comparisons" in listed._repr_html_()


def test_a_review_is_blind_until_everybody_has_rated(database: str, benchwright: Command) -> None:
    with open_store(database) as store:
        fill(store)
        review = opened(store, kind="grades", criteria=["accuracy"], n_cases=2)

    blind, told = load_review(), load_review(review.review_id[:6], unblind=True)

    assert isinstance(blind, OpenReviewResult)
    assert isinstance(told, ReviewResult)
    assert as_json(blind) == json.loads(benchwright("review", "show", "--json"))
    assert not any(name in blind._repr_html_() for name in NAMES)
    assert [review.review_id] == [each.review_id for each in list_reviews()]
    assert (0, "Int64") == (len(told.to_frame()), str(told.to_frame()["grade"].dtype))


def test_ratings_are_a_frame_with_a_row_for_each_answer(database: str) -> None:
    with open_store(database) as store:
        fill(store)
        grades = opened(store, kind="grades", n_cases=1)
        rate(store, grades, graded(grades.items[0], small=4, large=2))
        preferences = opened(store, kind="preference", n_cases=2, seed=5)
        rate(store, preferences, prefers(preferences.items[0], "large"), prefers(preferences.items[1], None))

    graded_frame = load_review(grades.review_id).to_frame()
    preferred = load_review(preferences.review_id)

    assert {("small:1b", 4), ("large:7b", 2)} == {
        (row.candidate, row.grade) for row in graded_frame.itertuples() if row.criterion == "accuracy"
    }
    assert ["large:7b", None] == [name if isinstance(name, str) else None for name in preferred.to_frame()["candidate"]]
    assert "ana" in preferred._repr_html_()


def rate(store: Store, review: ReviewRecord, *ratings: Said) -> None:
    begin_session(store, session_id=review.review_id, review_id=review.review_id, place="terminal", rater="ana")
    save_ratings(store, session_id=review.review_id, rater="ana", ratings=checked(review, ratings))


def test_a_store_that_is_not_there_is_said_so(database: str) -> None:
    for call in (list_experiments, list_comparisons, list_reviews):
        with pytest.raises(StoreError):
            call(db=f"{database}.missing")
