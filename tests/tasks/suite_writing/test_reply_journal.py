"""Replies that were paid for: on the disk at once, found again, and whole after a kill in the middle of a line."""

from pathlib import Path

import pytest

from evaluation.case import Message
from evaluation.errors import ConfigurationError
from evaluation.metrics.requests import AskJudge
from evaluation.scores import ScoreFailure
from tasks.suite_writing.reply_journal import ReplyJournal, journal_path

HOT = {"temperature": 0.7}


def question(text: str = "Who?", seed: int = 0) -> AskJudge:
    return AskJudge(model="m", digest="d", messages=(Message(role="user", content=text),), seed=seed)


def test_a_reply_is_found_again_by_whoever_opens_the_file_next(tmp_path: Path) -> None:
    first = ReplyJournal(tmp_path / "new" / "a.jsonl")
    first.add(question(), HOT, "an\nanswer \u2028 \u0000")
    second = ReplyJournal(first.path)  # the first one was killed: it is not closed

    assert "an\nanswer \u2028 \u0000" == second.find(question(), HOT)
    assert second.find(question(seed=1), HOT) is None
    assert second.find(question(), {"temperature": 0.0}) is None
    assert (0, 1, 1, 0) == (first.n_reused, first.n_added, second.n_reused, second.n_added)
    assert 0o600 == first.path.stat().st_mode & 0o777
    first.close()
    second.close()


@pytest.mark.parametrize("n_left", range(1, 60, 7))
def test_a_line_that_a_kill_has_cut_costs_that_line_alone(tmp_path: Path, n_left: int) -> None:
    path = tmp_path / "a.jsonl"
    journal = ReplyJournal(path)
    journal.add(question("one"), HOT, "1")
    whole = path.read_bytes()
    journal.add(question("two"), HOT, "2")
    journal.close()
    path.write_bytes(path.read_bytes()[: len(whole) + n_left])

    again = ReplyJournal(path)
    assert "1" == again.find(question("one"), HOT)
    assert again.find(question("two"), HOT) is None
    again.add(question("two"), HOT, "2")
    again.close()
    last = ReplyJournal(path)
    assert ["1", "2"] == [last.find(question(text), HOT) for text in ("one", "two")]
    last.close()


def test_a_failure_of_the_model_is_kept_and_one_of_the_server_asked_again(tmp_path: Path) -> None:
    journal = ReplyJournal(tmp_path / "a.jsonl")
    own = ScoreFailure(kind="judge_empty_answer", message="it wrote nothing")
    journal.add(question("own"), HOT, own)
    journal.add(question("server"), HOT, ScoreFailure(kind="server_down", message="refused"))
    journal.add(question("given up"), HOT, ScoreFailure(kind="judge_given_up", message="refused"))
    journal.close()

    again = ReplyJournal(journal.path)
    assert own == again.find(question("own"), HOT)
    assert [None, None] == [again.find(question(text), HOT) for text in ("server", "given up")]
    again.close()


def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")

    with pytest.raises(ConfigurationError, match="the drafts cannot be kept in"):
        ReplyJournal(tmp_path / "file" / "a.jsonl")


def test_each_corpus_and_pair_of_models_has_a_file_of_its_own(tmp_path: Path) -> None:
    paths = {journal_path(tmp_path / name, digests) for name in "ab" for digests in (("1", "2"), ("2", "1"))}

    assert 4 == len(paths)
    assert journal_path(tmp_path / "a", ("1", "2")) in paths
