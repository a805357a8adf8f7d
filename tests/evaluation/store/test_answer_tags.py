"""Are people's tags stored once, found by case and tag, and removed with their run, on both databases?"""

from collections.abc import Iterator

import pytest
from compared_runs import candidate, cases_of, right_on
from stored_runs import store_run

from evaluation.errors import ConfigurationError, UnknownNameError
from evaluation.store.annotations import annotate, count_notes, notes_on_cases
from evaluation.store.answer_tags import add_tags, cases_with_tag, remove_tag, tags_of_cases, tags_of_run
from evaluation.store.runs import delete_run
from evaluation.store.session import Store, open_store


@pytest.fixture
def store(store_url: str) -> Iterator[Store]:
    cases = cases_of(3)
    with open_store(store_url) as store:
        for run_id in ("first", "second"):
            store_run(store, candidate("good:1b", right_on(cases, range(3))), cases=cases, run_id=run_id)
        yield store


def test_a_tag_is_stored_once_for_each_case_and_each_answer(store: Store) -> None:
    for author in ("ana", "ben"):
        add_tags(store, "first", ["c01", "c00", "c01"], "  odd   one ", author=author)
        add_tags(store, "first", ["c01"], "odd one", author=author, fingerprint="f1")
    add_tags(store, "second", ["c02"], "odd one", author="ana")

    tags = tags_of_cases(store, "first", ["c00", "c01", "c02"])
    assert [("c01", None), ("c00", None), ("c01", "f1")] == [(each.case_id, each.fingerprint) for each in tags]
    assert {"ana"} == {each.author for each in tags}
    assert ({"c00", "c01"}, set()) == (cases_with_tag(store, "first", "odd one"), cases_with_tag(store, "first", "odd"))
    assert {"odd one": 2} == tags_of_run(store, "first")


def test_a_tag_goes_by_its_number_in_its_run_or_with_the_run(store: Store) -> None:
    add_tags(store, "first", ["c01"], "odd", author="ana")
    (tag,) = tags_of_cases(store, "first", ["c01"])
    with pytest.raises(UnknownNameError, match="tag of run second"):
        remove_tag(store, "second", tag.tag_id)
    with pytest.raises(UnknownNameError, match=rf"'0'\. Known: {tag.tag_id}\."):
        remove_tag(store, "first", 0)
    assert tag == remove_tag(store, "first", tag.tag_id)
    add_tags(store, "first", ["c01"], "odd", author="ana")
    delete_run(store, "first")
    assert {} == tags_of_run(store, "first")


@pytest.mark.parametrize("tag", ["", " \n ", "x" * 81])
def test_a_tag_is_a_short_text(store: Store, tag: str) -> None:
    with pytest.raises(ConfigurationError, match="the tag"):
        add_tags(store, "first", ["c01"], tag, author="ana")


def test_notes_are_counted_by_case_and_answer(store: Store) -> None:
    for place in ({"case_id": "c01"}, {"case_id": "c01", "fingerprint": "f1"}, {}):
        annotate(store, text="x", author="ana", run_id="first", **place)
    assert {("c01", None): 1, ("c01", "f1"): 1} == count_notes(store, "first")
    assert [None, "f1"] == [note.fingerprint for note in notes_on_cases(store, "first")]
    with pytest.raises(ConfigurationError, match="needs its case"):
        annotate(store, text="x", author="ana", run_id="first", fingerprint="f1")
