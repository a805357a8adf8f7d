"""Is an answer that is put together from much given again for a while, and then made anew?"""

import pytest

from deployments.api import recent
from deployments.api.recent import RecentAnswers


class Maker:
    """Makes an answer of its number and counts how often it has to."""

    def __init__(self) -> None:
        self.n = 0

    def __call__(self) -> bytes:
        self.n += 1
        return str(self.n).encode()


def test_an_answer_is_given_again_to_its_own_question_alone() -> None:
    answers, make = RecentAnswers(), Maker()

    assert [b"1", b"1", b"2", b"1"] == [answers.get(question, make) for question in (1, 1, 2, 1)]


def test_an_answer_that_is_old_is_made_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    answers, make = RecentAnswers(), Maker()
    answers.get("a", make)
    monkeypatch.setattr(recent, "GIVEN_FOR_S", -1.0)

    assert b"2" == answers.get("a", make)


def test_an_answer_that_could_not_be_made_is_tried_again() -> None:
    answers, make = RecentAnswers(), Maker()

    def fail() -> bytes:
        raise RuntimeError("the store is away")

    with pytest.raises(RuntimeError):
        answers.get("a", fail)
    assert b"1" == answers.get("a", make)


def test_few_answers_are_kept() -> None:
    answers, make = RecentAnswers(), Maker()
    for question in range(recent.MOST_KEPT + 1):
        answers.get(question, make)

    assert str(recent.MOST_KEPT + 2).encode() == answers.get(0, make)
    assert str(recent.MOST_KEPT + 1).encode() == answers.get(recent.MOST_KEPT, make)
