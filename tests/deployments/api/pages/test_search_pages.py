"""Races and sweeps as pages: the verdict first, the ranking or the effects, and the way to the answers."""

import pytest
from api_client import ApiClient
from large_searches import RACE, SWEEP, fill_searches
from seen_pages import SeenPage

from deployments.api.pages import searches
from deployments.python.stored import load_race, load_sweep
from evaluation.reports.races.page import cost_line
from evaluation.reports.sweeps.findings import sweep_sentences
from evaluation.results.races import RaceOutcomeResult
from evaluation.store.races import begin_race
from evaluation.store.session import KeptStore


@pytest.fixture
def searched(served_store: KeptStore) -> KeptStore:
    fill_searches(served_store, n_candidates=3, n_cases=20)
    return served_store


def test_a_race_begins_with_its_verdict(api: ApiClient, searched: KeptStore) -> None:
    race = load_race(RACE, db=searched.url).race
    assert isinstance(race.outcome, RaceOutcomeResult)
    seen = SeenPage(api.get(f"/runs/{RACE}/race").text)
    places = [
        seen.text.index(text) for text in (race.outcome.sentence, "Ranking", "racer00:1b", cost_line(race.outcome))
    ]
    assert places == sorted(places)
    assert 1 == len(seen.pictures)
    answers = [link for link in seen.links if "candidate=racer" in link]
    assert 3 == len(answers)
    assert 200 == api.get(answers[0]).status_code


def test_a_sweep_begins_with_what_it_found(api: ApiClient, searched: KeptStore) -> None:
    sentences = sweep_sentences(load_sweep(SWEEP, db=searched.url))
    seen = SeenPage(api.get(f"/runs/{SWEEP}/sweep").text)
    places = [seen.text.index(text) for text in (*sentences, "Combinations, best first")]
    assert places == sorted(places)
    assert "95 % interval" in "".join(text for picture in seen.pictures for text in picture.itertext())


def test_a_race_that_is_not_over_names_no_winner(api: ApiClient, served_store: KeptStore) -> None:
    rules = {"method": "evidence", "alpha": 0.05, "margin": None, "levels": [], "confirm": None, "budget": []}
    begin_race(served_store, "of-mixed", request=rules, code_version="0.1.0")
    assert "The race is not over." in api.get("/runs/mixed/race").text
    assert "The race is not over." in api.get("/searches").text


def test_runs_lead_to_their_searches_and_others_do_not(api: ApiClient, searched: KeptStore) -> None:
    assert f"/runs/{RACE}/race" in SeenPage(api.get(f"/runs/{RACE}").text).links
    assert f"/runs/{SWEEP}/sweep" in SeenPage(api.get(f"/runs/{SWEEP}").text).links
    links = SeenPage(api.get("/runs/mixed").text).links
    assert not {"/runs/mixed/race", "/runs/mixed/sweep"} & set(links)
    for path in ("/runs/mixed/race", "/runs/mixed/sweep"):
        answer = api.get(path)
        assert 422 == answer.status_code
        assert "run mixed is not a" in SeenPage(answer.text).text


def test_older_searches_are_a_page_further(
    api: ApiClient, searched: KeptStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(searches, "SEARCHES_OF_A_PAGE", 1)
    first = SeenPage(api.get("/searches").text)
    assert f"/runs/{SWEEP}/sweep" in first.links
    second = SeenPage(api.get(next(link for link in first.links if "before=" in link)).text)
    assert f"/runs/{RACE}/race" in second.links
    assert not any("before=" in link for link in second.links)
