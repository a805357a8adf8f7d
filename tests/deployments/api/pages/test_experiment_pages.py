"""Experiments as pages: the question, its runs, comparisons and notes."""

from api_client import ApiClient
from compared_runs import compared
from seen_pages import SeenPage

from evaluation.store.annotations import annotate
from evaluation.store.experiments import add_runs, archive_experiment, create_experiment
from evaluation.store.session import KeptStore


def test_an_experiment_has_its_question_runs_comparisons_and_notes(api: ApiClient, served_store: KeptStore) -> None:
    made = create_experiment(served_store, name="quantisations", question="What does Q4 cost?", tags=["small"])
    add_runs(served_store, made.experiment_id, ["mixed", "later"])
    compared(served_store, "mixed", experiment="quantisations")
    annotate(served_store, text="Odd answer.", author="ada", run_id="mixed", case_id="c03")
    listed = SeenPage(api.get("/experiments").text)
    assert f"/experiments/{made.experiment_id}" in listed.links
    assert "What does Q4 cost?" in listed.text
    seen = SeenPage(api.get(f"/experiments/{made.experiment_id}").text)
    assert {"/runs/mixed", "/runs/later", "/runs/mixed/case?id=c03"} <= set(seen.links)
    assert any(link.startswith("/comparisons/") for link in seen.links)
    places = [
        seen.text.index(text)
        for text in ("What does Q4 cost?", "Highest mean", "good:1b: exact_match 1.000", "Odd answer.")
    ]
    assert places == sorted(places)
    assert "[0.7" in seen.text
    assert "no verdict" in seen.text


def test_archived_experiments_are_shown_when_asked_for(api: ApiClient, served_store: KeptStore) -> None:
    made = create_experiment(served_store, name="old")
    archive_experiment(served_store, made.experiment_id, archived=True)
    assert "There are no experiments." in api.get("/experiments").text
    assert "old (archived)" in api.get("/experiments?archived=true").text


def test_experiments_are_chosen_by_tag(api: ApiClient, served_store: KeptStore) -> None:
    create_experiment(served_store, name="first", tags=["small"])
    create_experiment(served_store, name="second")
    links = SeenPage(api.get("/experiments?tag=small").text)
    assert "first" in links.text
    assert "second" not in links.text
