"""Tables of pages: what is asked of a column is asked once, however many cells the table has."""

import pytest
from api_client import ApiClient

from deployments.api.pages import sections


def test_columns_of_numbers_are_looked_for_once_a_table(hostile: ApiClient, monkeypatch: pytest.MonkeyPatch) -> None:
    n_looks = 0
    are_numbers = sections._are_numbers

    def counted(cells: object) -> bool:
        nonlocal n_looks
        n_looks += 1
        return are_numbers(cells)  # type: ignore[arg-type]

    monkeypatch.setattr(sections, "_are_numbers", counted)
    page = hostile.get("/scoreboard/metrics").text
    assert page.count("<table") == 1
    assert page.count('<th scope="col"') == n_looks
