"""Addresses of earlier releases lead to where their pages are now."""

import pytest
from api_client import ApiClient

from deployments.api.pages.moved import MOVED


@pytest.mark.parametrize(("before", "now"), MOVED.items())
def test_an_address_of_an_earlier_release_leads_to_its_page(api: ApiClient, before: str, now: str) -> None:
    answer = api.get(before)
    assert (308, now) == (answer.status_code, answer.headers["location"])
    assert 200 == api.get(now).status_code


def test_the_page_of_policies_was_in_the_catalogue() -> None:
    assert "/policies" == MOVED["/catalogue/policies"]
