from collections.abc import Sequence

import pytest

from evaluation.case import Case, Message
from evaluation.errors import ConfigurationError, FailureKind
from evaluation.generation import Failure, Generation, Outcome
from evaluation.metrics.exact_match import ExactMatch
from evaluation.servers.agreement import Agreement, agreement, first_difference
from evaluation.servers.repeated_requests import Answers, Question

DOWN = Failure(kind=FailureKind.SERVER_DOWN, message="no server answers")


def questions(n: int) -> list[Question]:
    return [
        Question(
            case=Case(case_id=f"c{number}", prompt="?", references=("right",)),
            messages=(Message(role="user", content="?"),),
        )
        for number in range(n)
    ]


def wrote(*times: Sequence[str | Failure]) -> Answers:
    """What one endpoint wrote, each case in turn, for the first time and the second."""
    outcomes: list[list[Outcome]] = [
        [text if isinstance(text, Failure) else Generation(text=text, answer=text) for text in one] for one in times
    ]
    return tuple(zip(*outcomes, strict=True))


def steady(texts: Sequence[str]) -> Answers:
    return wrote(texts, texts)


def compared(*answers: Answers) -> Agreement:
    names = ["here", "there", "elsewhere"][: len(answers)]
    return agreement(names, answers, questions(len(answers[0])), ExactMatch())


def test_servers_that_write_the_same_may_be_pooled() -> None:
    found = compared(steady(["right"] * 20), steady(["right"] * 20))

    (pair,) = found.between
    assert (20, 20) == (pair.equal.n_equal, pair.equal.n)
    assert pytest.approx(0.8389, abs=1e-4) == pair.equal.low  # Wilson's interval of 20 in 20
    assert found.may_be_pooled
    assert (
        "here and there may be pooled: they agree on 20 of 20 cases (95 % interval 84 % to 100 %), "
        "no less than each agrees with itself asked twice" == pair.sentence
    )


def test_one_difference_of_servers_that_repeat_themselves_exactly_is_one_too_many() -> None:
    found = compared(steady(["right"] * 20), steady(["right"] * 19 + ["wrong"]))

    assert not found.may_be_pooled
    assert "should not be pooled: they agree on 19 of 20 cases" in found.between[0].sentence
    assert "though each repeats itself exactly" in found.between[0].sentence


def test_a_difference_within_the_noise_of_both_does_not_part_them() -> None:
    noisy = wrote(["right"] * 20, ["right"] * 14 + ["wrong"] * 6)
    found = compared(noisy, wrote(["right"] * 14 + ["wrong"] * 6, ["right"] * 20))

    assert (14, 14) == (found.within[0].equal.n_equal, found.between[0].equal.n_equal)
    assert found.may_be_pooled


def test_less_agreement_that_chance_explains_does_not_part_them() -> None:
    noisy = wrote(["one"] * 20, ["one"] * 18 + ["two"] * 2)
    found = compared(noisy, wrote(["one"] * 17 + ["three"] * 3, ["one"] * 17 + ["three"] * 2 + ["four"]))

    assert found.may_be_pooled
    assert "but not beyond chance" in found.between[0].sentence


def test_a_noisy_server_is_not_pooled_with_a_steady_one() -> None:
    noisy = wrote(["one"] * 10 + ["two"] * 10, ["two"] * 10 + ["one"] * 10)
    found = compared(steady(["one"] * 20), noisy)

    assert (0, 10) == (found.within[1].equal.n_equal, found.between[0].equal.n_equal)
    assert not found.may_be_pooled
    assert "less than here with itself, beyond chance" in found.between[0].sentence


def test_few_cases_put_nothing_down_to_noise() -> None:
    found = compared(wrote(["one"] * 4, ["one"] * 3 + ["two"]), steady(["one"] * 2 + ["three"] * 2))

    assert not found.may_be_pooled
    assert "4 cases are too few" in found.between[0].sentence


def test_scores_that_differ_beyond_chance_part_servers_of_equal_noise() -> None:
    def never_twice(word: str) -> Answers:
        return wrote(*([f"{word} {time} {number}" for number in range(20)] for time in range(2)))

    right = wrote(["right"] * 20, ["right "] * 20)  # another text each time, right each time
    found = compared(right, never_twice("wrong"))

    (pair,) = found.between
    assert pair.score_differs
    assert not pair.may_be_pooled
    assert "their scores differ by more than chance explains" in pair.sentence
    assert pair.scores is not None
    assert 1.0 == pair.scores.difference


def test_scores_and_their_noise_are_of_the_metric() -> None:
    found = compared(wrote(["right"] * 4, ["right"] * 3 + ["wrong"]), steady(["right"] * 4))

    assert [0.875, 1.0] == [item.score for item in found.within]
    assert [0.25, 0.0] == [item.score_noise for item in found.within]


def test_each_difference_says_where_the_texts_part() -> None:
    found = compared(steady(["right", "the cat sat"]), steady(["right", "the dog sat"]))

    (difference,) = found.differences
    assert ("c1", 4, "cat sat", "dog sat") == (
        difference.case_id,
        difference.position,
        difference.text_a,
        difference.text_b,
    )
    assert (0.0, 0.0) == (difference.score_a, difference.score_b)


def test_a_text_that_begins_another_parts_from_it_at_its_end() -> None:
    assert 3 == first_difference("one", "one more")
    assert 0 == first_difference("", "one")


def test_cases_on_which_a_server_failed_are_left_out_of_all() -> None:
    found = compared(wrote(["right", DOWN, "right"], ["right"] * 3), steady(["right", "wrong", "right"]))

    assert (2, 1) == (found.n_cases, found.n_failed)
    assert found.may_be_pooled


def test_servers_that_answered_no_case_together_are_an_error() -> None:
    with pytest.raises(ConfigurationError, match="no case that all of here, there answered: there: no server answers"):
        compared(steady(["right"]), wrote([DOWN], [DOWN]))


def test_every_two_of_several_servers_are_compared() -> None:
    found = compared(steady(["one"] * 8), steady(["one"] * 8), steady(["two"] * 8))

    assert [("here", "there", True), ("here", "elsewhere", False), ("there", "elsewhere", False)] == [
        (pair.a, pair.b, pair.may_be_pooled) for pair in found.between
    ]
    assert not found.may_be_pooled


def test_a_server_whose_texts_change_beside_others_says_so_and_is_pooled_all_the_same() -> None:
    alone = ["one"] * 20
    beside: list[Outcome] = [Generation(text="one" if i < 16 else "two", answer="") for i in range(20)]
    beside[0] = DOWN

    found = agreement(
        ["here", "there"], [steady(alone), steady(alone)], questions(20), ExactMatch(), at_once=[(4, beside), None]
    )

    here, there = found.within
    assert (15, 19, 4) == (
        here.beside.n_equal if here.beside else None,
        here.beside.n if here.beside else None,
        here.slots,
    )
    assert (
        "here: 20 of 20 texts are the same asked twice alone, 15 of 19 with 4 requests at once: "
        "--slots 1 is the way to repeat a run to the letter" == here.sentence
    )
    assert (None, None) == (there.beside, there.sentence)
    assert found.may_be_pooled
