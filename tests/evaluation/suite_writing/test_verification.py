"""What the checker is asked about a draft, and which replies let it pass."""

import json
from collections.abc import Callable

import pytest

from evaluation.metrics.requests import AskJudge
from evaluation.passage import Passage
from evaluation.scores import ScoreFailure
from evaluation.suite_writing.drafts import Check, Draft, Dropped, Kind, WritingTask
from evaluation.suite_writing.verification import Checker, Reply, verification

FIRST = Passage(document="a.md", position=0, text="The first station was founded by Marta Eklund.")
SECOND = Passage(document="b.md", position=0, text="The second station was founded by Ole Bang.")
NEAR = Passage(document="c.md", position=1, text="The bell was paid for by Liv Sande.")
CHECKER = Checker(model="checker", digest="d")


def draft(kind: Kind = Kind.FACT, answer: str = "Marta Eklund") -> Draft:
    passages = (FIRST, SECOND) if kind is Kind.TWO_PASSAGES else (FIRST,)
    return Draft(task=WritingTask(number=0, kind=kind, passages=passages), question="Who was it?", answer=answer)


def is_guess(request: AskJudge) -> bool:
    return "without the document" in request.messages[0].content


def reply(answer: str | None, *, guess: bool = False) -> str:
    return json.dumps({"known" if guess else "answerable": answer is not None, "answer": answer or ""})


def verified(item: Draft, script: Callable[[AskJudge], Reply], *near: Passage) -> tuple[Dropped | None, list[AskJudge]]:
    """The verdict, and what was asked for it."""
    asked: list[AskJudge] = []
    steps = verification(item, CHECKER, near=near)
    try:
        request = next(steps)
        while True:
            asked.append(request)
            request = steps.send(script(request))
    except StopIteration as end:
        return end.value, asked


def honest(request: AskJudge) -> str:
    """Finds what stands in the passages, and guesses nothing."""
    text = request.messages[1].content
    names = [name for name in ("Marta Eklund", "Ole Bang", "Liv Sande") if name in text]
    return reply(None, guess=True) if is_guess(request) else reply(" and ".join(names) or None)


def test_a_fact_is_found_again_in_three_tries_of_three_and_never_guessed() -> None:
    verdict, asked = verified(draft(), honest)

    assert verdict is None
    assert [True] * 3 + [False] * 3 == list(map(is_guess, asked))
    assert [0, 1, 2, 0, 1, 2] == [request.seed for request in asked]


def test_the_checker_never_sees_what_the_writer_answered() -> None:
    _, asked = verified(draft(answer="A Secret Person"), honest)

    assert asked
    assert not [request for request in asked if "Secret" in str(request.messages)]


@pytest.mark.parametrize("failing", [0, 1, 2])
def test_one_try_of_three_that_finds_something_else_drops_it(failing: int) -> None:
    def script(request: AskJudge) -> str:
        return reply("Ole Bang") if not is_guess(request) and request.seed == failing else honest(request)

    verdict, asked = verified(draft(), script)
    assert verdict is not None
    assert (Check.OTHER_ANSWER, 3 + failing + 1) == (verdict.check, len(asked))
    assert f"'Ole Bang' instead of 'Marta Eklund' in try {failing + 1} of 3" == verdict.reason


def test_one_guess_of_three_that_is_right_drops_it() -> None:
    def script(request: AskJudge) -> str:
        return reply("Marta Eklund", guess=True) if is_guess(request) and request.seed == 2 else honest(request)

    verdict, asked = verified(draft(), script)
    assert verdict is not None
    assert (Check.KNOWN_WITHOUT_PASSAGE, 3) == (verdict.check, len(asked))


def test_a_wrong_guess_does_no_harm() -> None:
    verdict, _ = verified(draft(), lambda request: reply("Liv", guess=True) if is_guess(request) else honest(request))

    assert verdict is None


def test_what_the_passage_does_not_hold_is_dropped() -> None:
    verdict, _ = verified(draft(), lambda request: reply(None, guess=is_guess(request)))

    assert verdict is not None
    assert Check.NOT_FOUND_AGAIN is verdict.check


def test_two_passages_have_to_be_needed() -> None:
    both, asked = verified(draft(Kind.TWO_PASSAGES, "Marta Eklund and Ole Bang"), honest)
    assert both is None
    assert 3 + 3 + 3 + 3 == len(asked)

    def finds_it_in_the_second(request: AskJudge) -> str:
        return honest(request) if is_guess(request) else reply("Ole Bang")

    verdict, _ = verified(draft(Kind.TWO_PASSAGES, "Ole Bang"), finds_it_in_the_second)
    assert verdict is not None
    assert Check.ONE_PASSAGE_IS_ENOUGH is verdict.check


def test_an_unanswerable_question_is_looked_up_in_the_passages_nearest_to_it_too() -> None:
    unanswerable = Draft(task=WritingTask(number=0, kind=Kind.UNANSWERABLE, passages=(FIRST,)), question="Who paid?")

    def script(request: AskJudge) -> str:
        return reply("Liv Sande" if "Liv Sande" in request.messages[1].content else None)

    assert verified(unanswerable, script, FIRST, SECOND)[0] is None
    verdict, asked = verified(unanswerable, script, FIRST, NEAR)
    assert verdict is not None
    assert Check.ANSWERED_AFTER_ALL is verdict.check
    assert 1 == asked[0].messages[1].content.count(FIRST.text)


@pytest.mark.parametrize(
    ("bad", "check"),
    [
        ("I refuse.", Check.BROKEN_VERDICT),
        ('{"known": 1}', Check.BROKEN_VERDICT),
        (ScoreFailure(kind="timed_out", message="no token"), Check.NO_VERDICT),
    ],
)
def test_a_reply_that_is_none_drops_the_draft_by_name(bad: Reply, check: Check) -> None:
    verdict, asked = verified(draft(), lambda _: bad)

    assert verdict is not None
    assert (check, 1) == (verdict.check, len(asked))
