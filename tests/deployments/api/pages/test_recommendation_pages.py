"""The scoreboard and recommendations as pages."""

import pytest
from api_client import ApiClient
from limited_choice import TASK, fill_choice
from recommendable import fill
from recommendation_records import recommendation_record
from seen_pages import SeenPage
from stored_rows import save_recommendations

from deployments.api.pages import recommendations
from evaluation.store.recommendations import report_outcome
from evaluation.store.session import KeptStore
from selection import recommend
from selection.policies.definition import create_policy
from selection.preferences import Constraints, Question
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


LIMITS = Constraints(max_memory_gb=8, max_latency_s=5)


def test_a_recommendation_says_what_was_asked_how_sure_it_is_and_what_would_change_it(
    api: ApiClient, served_store: KeptStore
) -> None:
    fill_choice(served_store)
    made = recommend(task=TASK, constraints=LIMITS, store=served_store.url)
    recommender_of(served_store.url).log.flush()

    seen = SeenPage(api.get(f"/recommendations/{made.id}").text)
    told = " ".join(seen.text.split())

    assert "Memory when loaded at most 8 GB" in told
    assert "Latency, 95th percentile at most 5 s" in told
    assert "the scoreboard, no selection model" in told
    assert "It is shown to be better than tiny:1b by 40.0 points [" in told
    assert "heavy:1b the limit on memory 40 GB 8 GB" in told
    assert "slow:1b the limit on latency 20 s 5 s" in told
    assert "secret:1b the limit on memory not known 8 GB" in told
    assert "A limit on memory of 40 GB or more would let heavy:1b in: its expected quality is" in told
    assert "Asked again now, with all that is measured by today: the same candidate." in told
    assert "Memory when loaded 5 GB measured at 4,096 tokens" in told
    assert "latency_s" not in told
    assert {"/runs/choice", "/selection-models", "/policies"} <= set(seen.links)
    assert [] == seen.problems


def test_a_recommendation_leads_to_the_policy_that_runs_it(api: ApiClient, served_store: KeptStore) -> None:
    fill_choice(served_store)
    made = create_policy(served_store, "reader", Question(task=TASK, constraints=LIMITS), by="local")

    page = SeenPage(api.get(f"/recommendations/{made.recommendation_id}").text)
    policy = SeenPage(api.get("/policies/reader").text)

    assert "reader, since this recommendation" in page.text
    assert "/policies/reader" in page.links
    assert f"/recommendations/{made.recommendation_id}" in policy.links
    assert "at most 8 GB" in policy.text
    assert "/policies/reader" in SeenPage(api.get("/policies").text).links


def test_the_scoreboard_names_the_best_within_a_memory_and_of_whom_it_is_not_known(
    api: ApiClient, served_store: KeptStore
) -> None:
    fill_choice(served_store)
    home, everyone = SeenPage(api.get("/").text), SeenPage(api.get("/scoreboard").text)
    within = SeenPage(api.get("/scoreboard?memory_gb=8").text)

    assert "/scoreboard" in home.links
    assert "/scoreboard?memory_gb=8" in everyone.links
    assert "measured at 4,096 tokens" in everyone.text
    assert "estimated: size of its file, without context" in everyone.text
    assert "not known" in everyone.text
    assert "Recommended now: slow:1b" in within.text
    assert "Over 8 GB: heavy:1b (40 GB)." in within.text
    assert "Left out, since their memory is not known: secret:1b." in within.text
    assert 422 == api.get("/scoreboard?memory_gb=0").status_code


def test_a_limit_that_nobody_meets_is_said_with_the_nearest(api: ApiClient, served_store: KeptStore) -> None:
    fill_choice(served_store)
    told = SeenPage(api.get("/scoreboard?memory_gb=1").text).text
    assert "no candidate meets the constraints" in told
    assert "tiny:1b" in told


def test_a_run_says_which_latency_and_memory_its_figures_are(api: ApiClient, served_store: KeptStore) -> None:
    fill_choice(served_store)
    told = SeenPage(api.get("/runs/choice").text).text
    for words in (
        "Mean latency",
        "Latency, 95th percentile",
        "Memory, loaded",
        "measured at 4,096 tokens",
        "not known",
    ):
        assert words in told


def test_what_decides_is_a_click_from_the_scoreboard_and_the_recommendations(api: ApiClient) -> None:
    for path in ("/scoreboard", "/recommendations"):
        assert {"/policies", "/selection-models"} <= set(SeenPage(api.get(path).text).links)
    assert "The scoreboard decides alone" in SeenPage(api.get("/selection-models").text).text
