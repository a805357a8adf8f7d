"""Do the analytics routes answer as the functions do, and do they refuse what is not there?"""

from typing import Any

import pytest
from api_client import ApiClient

from evaluation import load_breakdown, load_correlations, load_timeline
from evaluation.results.as_json import as_json
from evaluation.store.session import KeptStore

PATH = "/api/v1/analytics"


def test_a_breakdown_is_paged_and_chosen_from(api: ApiClient, served_store: KeptStore) -> None:
    whole = load_breakdown(run=["mixed", "later"], db=served_store.url)
    query: dict[str, Any] = {"run": ["mixed", "later"], "limit": 2}
    first = api.get(f"{PATH}/breakdown", params=query).json()
    second = api.get(f"{PATH}/breakdown", params=query | {"cursor": first["next"], "limit": 1000}).json()

    assert as_json(whole) == [*first["items"], *second["items"]]
    chosen = api.get(f"{PATH}/breakdown", params={"run": "mixed", "metric": "exact_match"}).json()["items"]
    assert [("bad:1b", "exact_match"), ("good:1b", "exact_match")] == [
        (item["candidate"].split()[0], item["metric"]) for item in chosen
    ]


def test_correlations_and_trends_are_those_of_the_functions(api: ApiClient, served_store: KeptStore) -> None:
    found = api.get(f"{PATH}/correlations/mixed").json()
    seen = api.get(f"{PATH}/trends").json()

    assert as_json(load_correlations("mixed", db=served_store.url)) == found
    expected = as_json(load_timeline(db=served_store.url))
    assert expected | {"moment": None} == seen | {"moment": None}
    assert {"mixed", "later"} <= {point["run_id"] for series in seen["series"] for point in series["points"]}


@pytest.mark.parametrize(
    ("status", "path"),
    [
        (404, "correlations/nope"),
        (404, "effects/nope"),
        (422, "trends?days=0"),
        (422, "breakdown?experiment=nope"),
        (422, "breakdown?task=nope"),
        (422, "breakdown?metric=exact_mtch"),
        (422, "breakdown?run=nope"),
    ],
)
def test_what_is_not_there_is_a_problem(api: ApiClient, status: int, path: str) -> None:
    answer = api.get(f"{PATH}/{path}")

    assert (status, "application/problem+json") == (answer.status_code, answer.headers["content-type"])
