"""The first page, runs, answers side by side and cases, as a browser of this machine gets them."""

import json
import re
from html import unescape
from html.parser import HTMLParser

import pytest
from api_client import ApiClient
from compared_runs import candidate, cases_of, right_on
from seen_pages import SeenPage, crawl
from stored_runs import store_run

from evaluation.records.status import Status
from evaluation.store.session import KeptStore


class Links(HTMLParser):
    """Collects the addresses of links, the names of scripts and the ids of a page."""

    def __init__(self) -> None:
        super().__init__()
        self.links: list[str] = []
        self.scripts: list[dict[str, str | None]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = dict(attrs)
        if tag == "a" and values.get("href"):
            self.links.append(str(values["href"]))
        if tag == "script":
            self.scripts.append(values)


def links_of(text: str) -> Links:
    links = Links()
    links.feed(text)
    return links


def test_every_link_of_every_page_leads_somewhere(api: ApiClient) -> None:
    pages = crawl(api)
    assert len(pages) > 30
    assert all(path.startswith("/") for path in pages)


@pytest.mark.parametrize("path", ["/", "/runs", "/runs/mixed", "/runs/mixed/answers", "/runs/nobody"])
def test_scripts_come_from_our_files_alone(api: ApiClient, path: str) -> None:
    answer = api.get(path)
    policy = answer.headers["content-security-policy"]
    assert "script-src 'self';" in policy
    assert "unsafe" not in policy
    assert "frame-ancestors 'none'" in policy
    scripts = links_of(answer.text).scripts
    assert {"src": "/static/pages.js", "defer": None} in scripts
    assert all(str(each["src"]).startswith("/static/") and {"src", "defer"} == set(each) for each in scripts)
    assert "onclick" not in answer.text
    assert "default-src 'none'; frame-ancestors 'none'" == api.get("/api/v1/runs").headers["content-security-policy"]


@pytest.mark.parametrize("name", ["style.css", "pages.js", "icon.svg"])
def test_files_are_there(api: ApiClient, name: str) -> None:
    answer = api.get(f"/static/{name}")
    assert 200 == answer.status_code
    assert answer.content


@pytest.mark.parametrize("path", ["/static/../rendering.py", "/static/%2e%2e/rendering.py", "/static/nothing.js"])
def test_no_other_file_is_given(api: ApiClient, path: str) -> None:
    assert api.get(path).status_code in (400, 404)


@pytest.mark.parametrize(
    ("path", "status", "words"),
    [
        ("/runs/nobody", 404, "nobody"),
        ("/runs/nobody/answers", 404, "nobody"),
        ("/runs/mixed/answers?metric=bleu", 422, "exact_match"),
        ("/runs/mixed/answers?candidate=nope", 422, "good:1b"),
        ("/runs/mixed/answers?sort=luck", 422, "sort"),
        ("/runs/mixed/answers?offset=-1", 422, "offset"),
        ("/runs/mixed/answers?unknown=1", 422, "unknown"),
        ("/runs/mixed/case?id=c99", 404, "c99"),
        ("/runs/mixed/case", 422, "id"),
    ],
)
def test_what_is_wrong_is_said_on_a_page(api: ApiClient, path: str, status: int, words: str) -> None:
    answer = api.get(path)
    assert status == answer.status_code
    assert answer.headers["content-type"].startswith("text/html")
    assert words in answer.text
    assert '<a href="/">' in answer.text


def test_a_store_without_anything_says_what_to_do(tmp_path_factory: pytest.TempPathFactory, api: ApiClient) -> None:
    from deployments.api.app import create_app
    from evaluation.store.session import keep_open, open_store

    url = f"sqlite:///{tmp_path_factory.mktemp('empty')}/empty.db"
    open_store(url).close()
    store = keep_open(url)
    empty = ApiClient(create_app(store))
    assert "Your first evaluation" in empty.get("/").text
    assert "There are no runs." in empty.get("/runs").text
    store.close()


def test_what_runs_is_shown_with_its_progress(api: ApiClient, served_store: KeptStore) -> None:
    cases = cases_of(4)
    store_run(
        served_store,
        candidate("busy:1b", right_on(cases[:3], range(3))),
        cases=cases,
        run_id="now",
        status=Status.PLANNED,
        scored=False,
    )
    text = api.get("/parts/home").text
    assert "Running now" in text
    assert "3 of 4" in text
    assert text.lstrip().startswith(("<div", "<section"))


def test_where_nothing_runs_the_first_page_says_what_ended_last(api: ApiClient) -> None:
    text = api.get("/parts/home").text
    assert "Ended last" in text
    assert "Running now" not in text


def test_a_browser_is_told_on_a_page_that_nothing_is_at_an_address(api: ApiClient) -> None:
    page = api.get("/nowhere", headers={"accept": "text/html,*/*;q=0.8"})
    assert (404, "text/html; charset=utf-8") == (page.status_code, page.headers["content-type"])
    assert "nothing answers GET /nowhere" in page.text
    program = api.get("/nowhere")
    assert (404, "application/problem+json") == (program.status_code, program.headers["content-type"])


def test_how_often_one_is_better_leads_to_those_cases(api: ApiClient) -> None:
    seen = SeenPage(api.get("/runs/mixed/answers").text)
    (better,) = [link for link in seen.links if "better=good%3A1b&worse=bad%3A1b" in link and "equal=" not in link]
    assert "6 cases of 12" in SeenPage(api.get(better).text).text
    assert (
        "0 cases of 12"
        in SeenPage(api.get("/runs/mixed/answers?better=bad%3A1b+temperature%3D0.5&worse=good%3A1b").text).text
    )
    assert (
        "1 case of 12 (1 answer server failed)"
        in SeenPage(api.get("/runs/mixed/answers?showing=server_failed").text).text
    )


def test_the_matrix_keeps_its_view_from_page_to_page(
    api: ApiClient, served_store: KeptStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    from deployments.api.pages import runs

    monkeypatch.setattr(runs, "ROWS_OF_A_PAGE", 5)
    text = api.get("/runs/mixed/answers?sort=score&descending=true&text=c").text
    following = next(link for link in links_of(text).links if "offset=5" in link)
    assert {"sort=score", "descending=true", "text=c"} <= set(following.partition("?")[2].split("&"))
    assert "6 to 10 shown" in api.get(following).text


def test_a_case_is_compared_word_by_word(api: ApiClient) -> None:
    plain = api.get("/runs/mixed/case?id=c06").text
    assert "<ins>" not in plain
    against_candidate = api.get("/runs/mixed/case?id=c06&against=good:1b").text
    assert "<ins>" in against_candidate
    assert "<del>" in against_candidate
    assert "<ins>" in api.get("/runs/mixed/case?id=c06&against=reference").text
    assert "<ins>" not in api.get("/runs/mixed/case?id=c06&against=nobody").text


def test_the_prompt_as_sent_and_the_raw_request_stand_on_the_page_of_a_case(api: ApiClient) -> None:
    text = api.get("/runs/mixed/case?id=c01").text
    seen = SeenPage(text)
    assert "Prompt as sent" in seen.text
    assert "The same to all 2 candidates" in seen.text
    requests = [json.loads(unescape(each)) for each in re.findall(r'id="request-\d+">([^<]*)</pre>', text)]
    assert ["good:1b", "bad:1b"] == [each["model"] for each in requests]
    assert [[{"role": "user", "content": "What is 1?"}]] * 2 == [each["messages"] for each in requests]
    assert 0.5 == requests[1]["options"]["temperature"]


def test_from_home_to_the_prompt_of_a_lost_case_it_takes_three_links(api: ApiClient) -> None:
    def follow(path: str, part: str) -> str:
        return next(link for link in SeenPage(api.get(path).text).links if part in link)

    run = follow("/", "/runs/mixed")
    cases = follow(run, "better=good%3A1b&worse=bad%3A1b")
    assert "6 cases on which good:1b is better than bad:1b" in " ".join(SeenPage(api.get(cases).text).text.split())
    assert "Prompt as sent" in api.get(follow(cases, "/case?id=")).text
