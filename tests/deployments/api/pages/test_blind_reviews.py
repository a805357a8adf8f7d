"""Does anything that the pages of a review serve tell whose the answers are, before everybody has rated?"""

import re
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest
import sqlalchemy as sa
from api_client import BASE, ApiClient
from reviewable import NAMES, fill, opened

from deployments.api.app import create_app
from deployments.api.pages.raters import COOKIE
from evaluation.requests.review_request import CRITERIA
from evaluation.store import ratings as stored_ratings
from evaluation.store import reviews as stored_reviews
from evaluation.store.session import Store, keep_open, open_store
from evaluation.store.tables import review_item, review_output

WHEN = datetime.now(UTC)
AGO = re.compile(r'(?<=class="ago">)[^<]*')
VARYING = ("x-request-id", "content-length")
"""Headers that are not compared: an id, and the length, which varies with how long ago things were."""
GRADES = {f"{letter}_{name}": "3" for letter in "AB" for name in CRITERIA}


@dataclass
class Browser:
    """A browser of one rater, which remembers all that it was served."""

    client: ApiClient
    cookie: str = ""

    def __post_init__(self) -> None:
        self.served: list[tuple[str, int, list[tuple[str, str]], str]] = []

    def get(self, path: str) -> httpx.Response:
        return self._send("GET", path)

    def post(self, path: str, **fields: str) -> httpx.Response:
        return self._send("POST", path, data=fields)

    def _send(self, method: str, path: str, **options: object) -> httpx.Response:
        headers = {"origin": BASE, "accept": "text/html"} | ({"cookie": self.cookie} if self.cookie else {})
        answer = self.client.send(method, path, headers=headers, **options)
        if "set-cookie" in answer.headers:
            self.cookie = answer.headers["set-cookie"].partition(";")[0]
        kept = [(name, value) for name, value in answer.headers.items() if name not in VARYING]
        self.served.append((f"{method} {path}", answer.status_code, kept, AGO.sub("", answer.text)))
        return answer


@pytest.fixture
def frozen(monkeypatch: pytest.MonkeyPatch) -> None:
    """Store everything as of one moment, so that two walks can be compared byte by byte."""
    for module in (stored_ratings, stored_reviews):
        monkeypatch.setattr(module, "now", lambda: WHEN)


def _swap(store: Store) -> None:
    """Exchange who is who in every case of every review, and nothing that is shown."""
    with store.write() as connection:
        for item_id in list(connection.execute(sa.select(review_item.c.id)).scalars()):
            query = (
                sa.select(review_output).where(review_output.c.item_id == item_id).order_by(review_output.c.position)
            )
            first, second = connection.execute(query).mappings().all()
            for row, other in ((first, second), (second, first)):
                hidden = {name: other[name] for name in ("candidate", "run_id", "generation_id")}
                connection.execute(sa.update(review_output).where(review_output.c.id == row["id"]).values(hidden))


@pytest.fixture
def twins(tmp_path: Path, frozen: None) -> Iterator[Callable[..., tuple[str, list[ApiClient]]]]:
    """Two stores with one review, which differ only in whose the answers are."""
    opened_stores = []

    def make(**fields: object) -> tuple[str, list[ApiClient]]:
        first, second = tmp_path / "first.db", tmp_path / "second.db"
        with open_store(str(first)) as store:
            fill(store)
            review_id = opened(store, n_cases=3, n_raters=2, **fields).review_id
        shutil.copy(first, second)
        with open_store(str(second)) as store:
            _swap(store)
        opened_stores.extend(keep_open(str(path)) for path in (first, second))
        return review_id, [ApiClient(create_app(store)) for store in opened_stores]

    yield make
    for store in opened_stores:
        store.close()


def _everything(client: ApiClient, review: str, kind: str) -> list[Browser]:
    """Send all that two raters may send, and what they may not, up to the last rating but one."""
    base = f"/reviews/{review}"
    rating = GRADES if kind == "grades" else {"better": "A"}
    wrong = GRADES | {"A_accuracy": "6"} if kind == "grades" else {"better": "C"}
    browsers = [Browser(client), Browser(client)]
    for browser, name in zip(browsers, ("ana", "ben"), strict=True):
        for path in ("/reviews", base, f"{base}/rate", f"{base}/ratings", "/reviews/last", "/reviews/nothing"):
            browser.get(path)
        browser.post(f"{base}/ratings", case="1", **rating)
        browser.post(f"{base}/raters", rater=name)
        for case in ("1", "2", "3", "4", "0", "x"):
            browser.get(f"{base}/rate?case={case}")
        for path in (base, f"{base}/rate", f"{base}/rate?after=1", f"{base}/rate?candidate={NAMES[0]}"):
            browser.get(path)
        for fields in (wrong, {}, {"C_accuracy": "1"}, {"candidate": NAMES[0]}, rating | {"case": "9"}):
            browser.post(f"{base}/ratings", **{"case": "1"} | fields)
        browser.post(f"{base}/ratings", case="1", notes="<b>", **rating)
        browser.post(f"{base}/ratings", case="2", **rating)
        browser.post(f"{base}/undone", case="2")
        browser.post(f"{base}/undone", case="7")
        browser.post(f"{base}/left")
        browser.post(f"{base}/raters", rater=name)
        browser.post(f"{base}/ratings", case="2", **rating)
        if name == "ana":
            browser.post(f"{base}/ratings", case="3", **rating)
        for path in ("/reviews", base, f"{base}/rate", f"{base}/ratings", f"{base}/ratings?rater=ben"):
            browser.get(path)
    for path in (f"/api/v1{base}", f"/api/v1{base}/cases", "/api/v1/reviews", "/api/v1/ratings?rater=ana"):
        browsers[0].get(path)
    return browsers


@pytest.mark.parametrize("kind", ["grades", "preference"])
def test_two_reviews_that_differ_in_who_is_who_alone_are_served_byte_by_byte_alike(
    twins: Callable[..., tuple[str, list[ApiClient]]], kind: str
) -> None:
    review, clients = twins(kind=kind)
    walks = [_everything(client, review, kind) for client in clients]

    for first, second in zip(*walks, strict=True):
        assert first.served == second.served
        assert 30 < len(first.served)
        told = [line for line, _, _, text in first.served for name in NAMES if name in text and name not in line]
        assert [] == told

    rating = GRADES if kind == "grades" else {"better": "A"}
    for _, ben in walks:
        last = ben.post(f"/reviews/{review}/ratings", case="3", **rating)
        assert 303 == last.status_code
        ben.get(f"/reviews/{review}")
        ben.get(f"/reviews/{review}/ratings")
    ends = [ben.served[-1][3] for _, ben in walks]
    assert ends[0] != ends[1], "whose the answers are is told at the end, and is not the same"
    assert all(name in end for name in NAMES for end in ends)


def test_a_rating_of_who_may_know_the_candidates_stays(twins: Callable[..., tuple[str, list[ApiClient]]]) -> None:
    review, (client, _) = twins()
    browsers = _everything(client, review, "grades")
    base = f"/reviews/{review}"
    browsers[1].post(f"{base}/ratings", case="3", **GRADES)
    for browser in browsers:
        for answer in (
            browser.post(f"{base}/ratings", case="1", **GRADES | {"A_accuracy": "5"}),
            browser.post(f"{base}/undone", case="1"),
        ):
            assert (422, True) == (answer.status_code, "its candidates are told" in answer.text)
        assert browser.get(f"{base}/rate").headers["location"] == base


def test_who_took_the_only_rating_back_is_waited_for(twins: Callable[..., tuple[str, list[ApiClient]]]) -> None:
    review, (client, _) = twins()
    base, ana = f"/reviews/{review}", Browser(client)
    ana.post(f"{base}/raters", rater="ana")
    ana.post(f"{base}/ratings", case="1", **GRADES)
    ana.post(f"{base}/undone", case="1")
    assert "ana has rated the 3 cases left to them" in ana.get(base).text
    left = ana.post(f"{base}/left")
    assert f"{COOKIE}=; Path=/reviews; Max-Age=0" in left.headers["set-cookie"]
    assert "ana has rated" not in ana.get(base).text


def test_a_skipped_case_comes_again_at_the_end(twins: Callable[..., tuple[str, list[ApiClient]]]) -> None:
    review, (client, _) = twins()
    base, ana = f"/reviews/{review}", Browser(client)
    ana.post(f"{base}/raters", rater="ana")
    assert "case 2 of 3" in ana.get(f"{base}/rate?after=1").text
    for case in ("2", "3"):
        answer = ana.post(f"{base}/ratings", case=case, **GRADES)
    assert "case 1 of 3" in ana.get(answer.headers["location"]).text


@pytest.mark.parametrize(
    "name", ["", "%20", "a%00b", "x" * 81, "%00", "%F0%9F%98%80", "%FF", "a%3B Path=/", "%C3%A9%0D%0AX: y", "%3Cb%3E"]
)
def test_a_name_in_a_cookie_is_a_name_or_nothing(twins: Callable[..., tuple[str, list[ApiClient]]], name: str) -> None:
    review, (client, _) = twins()
    answer = Browser(client, cookie=f"{COOKIE}={name}").get(f"/reviews/{review}/rate")
    assert 200 == answer.status_code
    assert "Begin to rate" in answer.text
    assert "<b>" not in answer.text
