"""A log of calls comes in as a whole, once, or is refused with its line."""

import json
from pathlib import Path
from typing import Any

import pytest

from evaluation import traffic_import
from evaluation.errors import BenchmarkError
from evaluation.store.session import Store, open_store
from evaluation.store.traffic import list_traffic
from evaluation.traffic_import import import_traffic


def line(**given: Any) -> str:
    said = {"task": "t", "candidate": "c", "started_at": "2026-05-04T03:02:01Z", "duration_s": 1.5}
    return json.dumps({name: value for name, value in (said | given).items() if value != "leave out"}) + "\n"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "calls.jsonl"


def test_calls_come_in_with_their_steps_and_without_their_texts(store: Store, file: Path) -> None:
    stages = [{"name": "retrieval", "duration_s": 0.5, "tokens": 3}, {"name": "answer", "duration_s": 1}]
    full = line(stages=stages, ok=False, error_type="E", prompt_tokens=1, output_tokens=None, input="i", output="o")
    file.write_text("\ufeff" + full + "\n" + line(started_at="2026-05-04T06:02:01+02:00"), encoding="utf-8")

    made = import_traffic(store, file)
    again = import_traffic(store, file)

    assert (2, 2, True, False) == (made.n_lines, made.record.n_calls, made.is_new, again.is_new)
    first, second = list_traffic(store)
    assert (False, "E", 1, None, None) == (first.ok, first.error_type, first.prompt_tokens, first.input, first.output)
    assert [("retrieval", 3), ("answer", None)] == [(stage.name, stage.tokens) for stage in first.stages]
    assert (True, 3600) == (second.ok, (second.started_at - first.started_at).total_seconds())


def test_texts_are_kept_where_that_was_asked(store: Store, file: Path) -> None:
    file.write_text(line(input="i", output="o"))
    import_traffic(store, file, keep_texts=True)
    assert [("i", "o")] == [(one.input, one.output) for one in list_traffic(store)]


def test_texts_that_are_kept_may_hold_what_models_write(store: Store, file: Path) -> None:
    file.write_text(line(task="😀", input="i\x00", output="\ud800o"))
    import_traffic(store, file, keep_texts=True)
    assert [("😀", "i\x00", "\ud800o")] == [(one.task, one.input, one.output) for one in list_traffic(store)]


def test_a_log_that_has_grown_gives_its_new_calls_where_they_have_ids(store: Store, file: Path) -> None:
    file.write_text(line(id="a") + line(id="b"))
    import_traffic(store, file)
    file.write_text(line(id="a") + line(id="b") + line(id="c"))
    made = import_traffic(store, file)
    assert (3, 1) == (made.n_lines, made.record.n_calls)
    assert ["a", "b", "c"] == [one.call_id for one in list_traffic(store)]


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        (line(task=None), "the field 'task' is missing"),
        (line(duration_s="leave out"), "the field 'duration_s' is missing"),
        (line(durations_s=1), "unknown field 'durations_s'; did you mean 'duration_s'?"),
        (line(duration_s="1"), "duration_s: expected seconds"),
        (line(duration_s=float("nan")), "expected a number, found NaN"),
        (line(started_at="2026-05-04T03:02:01"), "started_at: expected a moment with its time zone"),
        (line(started_at="0001-01-01T00:00:00+10:00"), "started_at: the time is out of range"),
        (line(ok="yes"), "ok: expected true or false"),
        (line(stages=[{"name": "s"}]), "the field 'duration_s' is missing"),
        (line(stages={"s": 1}), "stages: expected a list of objects"),
        (line(id=7), "id: expected a text"),
        (line(task="a\u200bb"), "task: holds the invisible character U+200B"),
        ('{"task": "a", "task": "b"}\n', "the key 'task' appears twice in one object"),
        (line(task="f\x00"), "task: holds the invisible character U+0000"),
        (line(candidate="\x00c"), "candidate: holds the invisible character U+0000"),
        (line(id="\ud800"), "id: holds the invisible character U+D800"),
        (line(error_type="E\x00"), "error_type: holds the invisible character U+0000"),
        (line(stages=[{"name": "s\x00", "duration_s": 1}]), "stages.name: holds the invisible character U+0000"),
        ("[1]\n", "expected a JSON object"),
        ('{"task": s3cret}\n', "expected JSON"),
        ("[" * 100_000 + "\n", "not nested so deep"),
    ],
)
def test_a_wrong_line_is_named_and_nothing_is_stored(sqlite_url: str, file: Path, wrong: str, said: str) -> None:
    file.write_text(line() + wrong)
    with open_store(sqlite_url) as store:
        with pytest.raises(BenchmarkError) as refused:
            import_traffic(store, file)
        assert () == list_traffic(store)
    assert refused.value.message.startswith(f"{file}, line 2: ")
    assert said in refused.value.message
    assert "s3cret" not in refused.value.message


def test_a_file_that_is_missing_empty_or_of_other_bytes_is_refused(sqlite_url: str, file: Path) -> None:
    with open_store(sqlite_url) as store:
        with pytest.raises(BenchmarkError, match="no such file"):
            import_traffic(store, file)
        file.write_text("\n")
        with pytest.raises(BenchmarkError, match="holds no call"):
            import_traffic(store, file)
        file.write_bytes(b"\xff\xfe\n")
        with pytest.raises(BenchmarkError, match="line 1: expected UTF-8"):
            import_traffic(store, file)


def test_a_line_has_a_longest_length(store: Store, file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(traffic_import, "LONGEST_CALL", 300)
    file.write_text(line() + line(input="x" * 500))
    with pytest.raises(BenchmarkError, match="line 2: the line is longer than 300 bytes"):
        import_traffic(store, file)


def test_names_that_differ_by_their_unicode_form_alone_are_one(store: Store, file: Path) -> None:
    file.write_text(line(task="caf\u00e9") + line(task="cafe\u0301"))
    assert ("'caf\u00e9' (task): written in more than one Unicode form, read as one name",) == import_traffic(
        store, file
    ).notes
    assert {"caf\u00e9"} == {one.task for one in list_traffic(store)}
