"""The scoreboard and recommendations as pages."""

import pytest
from api_client import ApiClient
from recommendable import fill
from recommendation_records import recommendation_record
from seen_pages import SeenPage
from stored_rows import save_recommendations

from deployments.api.pages import recommendations
from evaluation.store.recommendations import report_outcome
from evaluation.store.session import KeptStore
from selection import recommend
from selection.recommender.registry import recommender_of


def test_the_scoreboard_has_each_task_with_intervals(api: ApiClient, served_store: KeptStore) -> None:
    fill(served_store)
    seen = SeenPage(api.get("/scoreboard").text)
    for task in ("summarization", "classification"):
        assert f"{task}: 3 candidates on 40 cases" in seen.text
        assert f"/recommendations?task={task}" in seen.links
    of_task = seen.text[seen.text.index("summarization: 3") :]
    assert of_task.index("large") < of_task.index("middle") < of_task.index("small")
    assert "[" in of_task


def test_a_recommendation_is_explained_with_what_came_of_it(api: ApiClient, served_store: KeptStore) -> None:
    fill(served_store)
    made = recommend(task="summarization", store=served_store.url)
    recommender_of(served_store.url).log.flush()
    listed = SeenPage(api.get("/recommendations?task=summarization").text)
    assert f"/recommendations/{made.id}" in listed.links
    seen = SeenPage(api.get(f"/recommendations/{made.id}").text)
    assert made.reason.splitlines()[0] in seen.text
    assert "Nobody has reported it." in seen.text
    report_outcome(served_store, made.id, quality=0.75, latency_s=1.5, ok=True)
    told = SeenPage(api.get(f"/recommendations/{made.id}").text).text
    assert "0.750" in told
    assert "yes" in told


def test_older_recommendations_are_a_page_further(
    api: ApiClient, served_store: KeptStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(recommendations, "RECOMMENDATIONS_OF_A_PAGE", 2)
    save_recommendations(served_store, [recommendation_record(f"{n:012d}", alternatives=()) for n in range(5)])
    path, seen = "/recommendations?task=code", []
    while path:
        page = SeenPage(api.get(path).text)
        seen += [link.rpartition("/")[2] for link in page.links if link.startswith("/recommendations/")]
        path = next((link for link in page.links if "before=" in link), "")
    assert sorted(seen, reverse=True) == seen
    assert 5 == len(seen)
    assert "Nothing was recommended for this task." in api.get("/recommendations?task=nothing").text
