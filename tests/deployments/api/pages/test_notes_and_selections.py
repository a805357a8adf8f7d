"""Notes, tags and selections of cases: what people write is stored, filtered by, and becomes files and reviews."""

from pathlib import Path

import httpx
import pytest
from api_client import BASE, ApiClient
from hostile_texts import MARK, NAME
from seen_pages import SeenPage

from deployments.api.app import create_app
from evaluation.benchmarks.loading import load_benchmark
from evaluation.records.access import Scope
from evaluation.store.annotations import notes_on_case
from evaluation.store.answer_tags import tags_of_cases, tags_of_run
from evaluation.store.api_keys import create_key
from evaluation.store.audit import list_changes
from evaluation.store.benchmarks import load_benchmark_version
from evaluation.store.reviews import find_review
from evaluation.store.runs import find_run
from evaluation.store.session import KeptStore

ANSWERS, CASE = "/runs/mixed/answers", "/runs/mixed/case?id=c01"
HOSTILE = f"<script>alert(1)</script> {{{{ 7*7 }}}} \"'><img src=x onerror=alert(1)> \u202e\x1b[31m {MARK}"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "forms"
    made.mkdir()
    return made


@pytest.fixture
def pages(served_store: KeptStore, folder: Path) -> ApiClient:
    return ApiClient(create_app(served_store, form_files=folder))


def post(pages: ApiClient, path: str, *, key: str | None = None, **fields: object) -> httpx.Response:
    headers = {"origin": BASE} | ({} if key is None else {"authorization": f"Bearer {key}"})
    return pages.send("POST", f"/runs/mixed/{path}", data=fields, headers=headers)


def fingerprint(store: KeptStore) -> str:
    return find_run(store, "mixed").candidates[1].plan.candidate_fingerprint


def test_notes_stand_on_the_case_or_on_one_answer_with_author_and_time(
    pages: ApiClient, served_store: KeptStore
) -> None:
    key = create_key(served_store, name="ana", scopes=[Scope.RUN])[1]
    of_answer = fingerprint(served_store)

    added = post(pages, "notes", case="c01", text="first\r\nsecond")
    post(pages, "notes", key=key, case="c01", text=HOSTILE, fingerprint=of_answer)

    assert (303, "/runs/mixed/case?id=c01#notes") == (added.status_code, added.headers["location"])
    notes = notes_on_case(served_store, "mixed", "c01")
    assert [("first\nsecond", None), (HOSTILE, of_answer)] == [(note.text, note.fingerprint) for note in notes]
    assert "ana" == notes[1].author != notes[0].author
    shown = pages.get(CASE)
    assert [] == SeenPage(shown.text).problems
    assert "<img src=x" not in shown.text
    assert "49" not in SeenPage(shown.text).text.replace(HOSTILE, "").split()
    assert 2 == pages.get(ANSWERS).text.count(">1 note</span>")
    assert 2 == len(pages.get("/api/v1/runs/mixed/cases/c01").json()["annotations"])
    post(pages, "notes/removed", case="c01", number=notes[0].annotation_id)
    assert [HOSTILE] == [note.text for note in notes_on_case(served_store, "mixed", "c01")]


def test_tags_are_filtered_by_on_the_case_or_an_answer(pages: ApiClient, served_store: KeptStore) -> None:
    tag, of_answer = f"wrong <b> & {NAME}"[:80].strip(), fingerprint(served_store)
    for fields in ({"case": "c01"}, {"case": "c02", "fingerprint": of_answer}, {"case": "c01"}):
        assert 303 == post(pages, "tags", tag=f"  {tag} ", **fields).status_code

    assert {" ".join(tag.split()): 2} == tags_of_run(served_store, "mixed")
    first, second = tags_of_cases(served_store, "mixed", ["c01", "c02"])
    assert (None, of_answer) == (first.fingerprint, second.fingerprint)
    filtered = pages.get(ANSWERS, params={"tag": first.tag})
    assert "2 cases of 12" in SeenPage(filtered.text).text
    assert [] == SeenPage(filtered.text).problems
    assert [first.tag] == [each["tag"] for each in pages.get("/api/v1/runs/mixed/cases/c01").json()["tags"]]
    post(pages, "tags/removed", case="c01", number=first.tag_id)
    assert {first.tag: 1} == tags_of_run(served_store, "mixed")


@pytest.mark.parametrize(
    ("path", "fields"),
    [
        ("notes", {"case": "c01", "text": "  "}),
        ("notes", {"case": "c01", "text": "x" * 20_001}),
        ("notes", {"case": "c99", "text": "x"}),
        ("notes", {"case": "c01", "text": "x", "fingerprint": "nobody"}),
        ("notes", {"text": "x"}),
        ("notes", {"case": "c01", "text": "x", "author": "somebody else"}),
        ("notes/removed", {"case": "c01", "number": "77"}),
        ("notes/removed", {"case": "c01", "number": "-1"}),
        ("tags", {"case": "c01", "tag": "x" * 81}),
        ("tags", {"case": "c01", "tag": " "}),
        ("tags/removed", {"case": "c01", "number": "77"}),
        ("selection/file", {}),
        ("selection/file", {"case": "c99"}),
        ("selection/review", {"case": "c99"}),
        ("selection/review", {"case": "c01", "kind": "both"}),
        ("selection/tags", {"case": "c01"}),
        ("selection/stored", {"case": "c01", "name": "a\u200bb"}),
        ("selection/file", {"everything": "true", "tag": "nowhere"}),
    ],
)
def test_what_is_wrong_is_said_on_a_page_and_stores_nothing(
    pages: ApiClient, served_store: KeptStore, folder: Path, path: str, fields: dict[str, str]
) -> None:
    answer = post(pages, path, **fields)
    assert 422 == answer.status_code, answer.text
    assert "text/html" in answer.headers["content-type"]
    assert ((), {}, []) == (
        notes_on_case(served_store, "mixed", "c01"),
        tags_of_run(served_store, "mixed"),
        list(folder.iterdir()),
    )


@pytest.mark.parametrize(
    "path", ["notes", "notes/removed", "tags", "tags/removed", "selection/stored", "selection/review", "selection/tags"]
)
def test_who_may_read_alone_changes_nothing(pages: ApiClient, served_store: KeptStore, path: str) -> None:
    key = create_key(served_store, name="reader", scopes=[Scope.READ])[1]
    fields = {"case": "c01", "text": "x", "tag": "x", "number": "1", "new_tag": "x"}
    assert 403 == post(pages, path, key=key, **fields).status_code
    foreign = pages.send("POST", f"/runs/mixed/{path}", data=fields, headers={"origin": "https://evil.example"})
    without = pages.send("POST", f"/runs/mixed/{path}", data={"case": "c01"})
    assert [403, 403] == [foreign.status_code, without.status_code]
    rows = [(each.key_name, each.path, each.status) for each in list_changes(served_store)]
    assert ("reader", f"/runs/mixed/{path}", 403) in rows


def test_chosen_cases_become_a_benchmark_file_that_says_where_each_came_from(
    pages: ApiClient, served_store: KeptStore, tmp_path: Path
) -> None:
    answer = post(pages, "selection/file", case=["c05", "c01", "c05"], name="hard ones/../x")
    assert 'attachment; filename="hard-ones-x.jsonl"' == answer.headers["content-disposition"]
    file = tmp_path / "chosen.jsonl"
    file.write_text(answer.text)
    loaded = load_benchmark(file)

    plan = find_run(served_store, "mixed").plan
    original = load_benchmark_version(served_store, plan.benchmark_version, case_ids=["c01", "c05"])
    assert ("hard ones/../x", original.cases, original.metrics) == (loaded.name, loaded.cases, loaded.metrics)
    assert [case.content_hash for case in original.cases] == [case.content_hash for case in loaded.cases]
    assert f"2 cases of {plan.benchmark_name}" in loaded.description
    origin = {"benchmark": plan.benchmark_name, "version": plan.benchmark_version, "case_id": "c05", "run_id": "mixed"}
    assert {
        "benchmark": plan.benchmark_name,
        "version": plan.benchmark_version,
        "case_id": "c05",
        "run_id": "mixed",
    } == origin


def test_all_that_the_filter_leaves_is_stored_for_forms_once(pages: ApiClient, folder: Path) -> None:
    view = {"better": "good:1b", "worse": "bad:1b temperature=0.5", "everything": "true"}
    first = post(pages, "selection/stored", **view)
    again = post(pages, "selection/stored", **view)

    (file,) = folder.iterdir()
    n_selected = pages.get(ANSWERS, params={"better": view["better"], "worse": view["worse"]}).text
    assert f"all {len(load_benchmark(file).cases)} that the filter leaves" in n_selected
    assert file.name in first.text
    assert (200, 409) == (first.status_code, again.status_code)


def test_a_server_without_a_folder_for_forms_says_so(served_store: KeptStore) -> None:
    answer = post(ApiClient(create_app(served_store)), "selection/stored", case="c01")
    assert (422, True) == (answer.status_code, "Download the file instead" in answer.text)


def test_chosen_cases_become_a_review_of_exactly_these(pages: ApiClient, served_store: KeptStore) -> None:
    made = post(pages, "selection/review", case=["c03", "c01", "c02"], kind="preference", n_raters="2")
    again = post(pages, "selection/review", case=["c01", "c02", "c03"], kind="preference")

    assert made.headers["location"] == again.headers["location"]
    review = find_review(served_store, made.headers["location"].rpartition("/")[2])
    assert {"c01", "c02", "c03"} == {item.case_id for item in review.items}
    assert {"chosen"} == {item.reason for item in review.items}
    assert ("preference", 1) == (review.kind, review.n_raters)


def test_chosen_cases_are_tagged_at_once(pages: ApiClient, served_store: KeptStore) -> None:
    answer = post(pages, "selection/tags", case=["c03", "c01"], new_tag=" look  again ")
    assert "/runs/mixed/answers?tag=look+again" == answer.headers["location"]
    assert {"look again": 2} == tags_of_run(served_store, "mixed")
