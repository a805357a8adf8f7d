"""What stood around a question, cut to so many characters: the newest turns and the first documents stay."""

from evaluation.records.question_context import QuestionContext, SaidTurn


def turns(*texts: str) -> tuple[SaidTurn, ...]:
    return tuple(SaidTurn(role="user", text=text) for text in texts)


def test_what_fits_stays_as_it_is() -> None:
    context = QuestionContext(before=turns("aa", "bb"), after=turns("cc"), documents=("dd", "ee"), choices=("f", "g"))

    assert context == context.within(6)
    assert not context.is_empty
    assert QuestionContext().is_empty


def test_the_oldest_turns_go_first_and_those_behind_the_question_last() -> None:
    context = QuestionContext(before=turns("aa", "bb"), n_before_left_out=3, after=turns("cc", "dd"))

    assert (turns("bb"), 4, turns("cc", "dd")) == _parts(context.within(7))
    assert ((), 5, turns("cc", "dd")) == _parts(context.within(5))
    assert ((), 6, turns("dd")) == _parts(context.within(2))


def test_one_that_is_too_long_alone_is_cut() -> None:
    context = QuestionContext(before=turns("a", "b" * 9), documents=("d" * 9, "e"))

    assert (turns("bbb […]"), 1, ()) == _parts(context.within(3))
    assert (("ddd […]",), 1) == (context.within(3).documents, context.within(3).n_documents_left_out)


def _parts(context: QuestionContext) -> tuple[tuple[SaidTurn, ...], int, tuple[SaidTurn, ...]]:
    return context.before, context.n_before_left_out, context.after
