"""The rules that a draft has to meet before any model is asked about it."""

from dataclasses import replace

import pytest

from evaluation.passage import Passage
from evaluation.suite_writing.drafts import Check, Draft, Dropped, Kind, Proof, WritingTask
from evaluation.suite_writing.rules import checked, stands_in, without_duplicates
from evaluation.suite_writing.selection import checked_by_rules, chosen, too_many_unanswered

TEXT = "The station was founded by\n  Marta Eklund in 1987. Its lamp weighs 14 kg.\n\n| part | colour |\n| door | red |"
PASSAGE = Passage(document="a.md", position=0, text=TEXT)
OTHER = Passage(document="b.md", position=2, text="The station at Vik was founded by Ole Bang.")


def draft(
    question: str = "Who founded the station?",
    answer: str = "Marta Eklund",
    *quotes: str,
    kind: Kind = Kind.FACT,
    number: int = 0,
) -> Draft:
    passages = (PASSAGE, OTHER) if kind is Kind.TWO_PASSAGES else (PASSAGE,)
    task = WritingTask(number=number, kind=kind, passages=passages)
    return Draft(task=task, question=question, answer=answer, quotes=quotes or ("founded by Marta Eklund in 1987",))


def test_a_proof_is_kept_as_it_stands_in_the_document() -> None:
    result = checked(draft("Who founded the station?", "Marta Eklund", "FOUNDED by marta   Eklund in 1987."))

    assert isinstance(result, Draft)
    assert (Proof(document="a.md", text="founded by\n  Marta Eklund in 1987."),) == result.proofs


@pytest.mark.parametrize(
    ("broken", "check"),
    [
        (draft("Who?", "Nils", "Nils Holt founded it"), Check.PROOF_NOT_IN_PASSAGE),
        (draft("Who?", "Marta Eklund", "14 kg"), Check.PROOF_NOT_IN_PASSAGE),
        (draft("Who?", "Marta Eklund", ".* .* .*. .* .*"), Check.PROOF_NOT_IN_PASSAGE),
        (draft("How heavy is it?", "15 kg", "Its lamp weighs 14 kg."), Check.NUMBER_NOT_IN_PROOF),
        (draft("Was it Marta Eklund who founded it?"), Check.ANSWER_IN_QUESTION),
        (draft("Who is named in this passage?"), Check.POINTS_AT_PASSAGE),
        (draft("According to the text, who founded it?"), Check.POINTS_AT_PASSAGE),
        (draft("What colour?", "red", "founded by Marta Eklund", kind=Kind.TABLE), Check.PROOF_NOT_IN_TABLE),
        (
            draft(
                "Who and who?",
                "Marta Eklund and Ole Bang",
                "founded by Ole Bang",
                "by Ole Bang.",
                kind=Kind.TWO_PASSAGES,
            ),
            Check.PROOF_NOT_IN_PASSAGE,
        ),
        (draft("Who paid for the passage in the document?", "", kind=Kind.UNANSWERABLE), Check.POINTS_AT_PASSAGE),
    ],
)
def test_each_fault_falls_at_its_rule(broken: Draft, check: Check) -> None:
    result = checked(broken)

    assert isinstance(result, Dropped)
    assert check is result.check
    assert result.reason


def test_sound_drafts_of_each_kind_pass() -> None:
    sound = [
        draft(),
        draft("Which colour has the door?", "red", "| door | red |", kind=Kind.TABLE),
        draft(
            "Who founded the two stations?",
            "Marta Eklund and Ole Bang",
            "founded by Marta Eklund",
            "was founded by Ole Bang",
            kind=Kind.TWO_PASSAGES,
        ),
        draft("Who paid for the bell?", "", kind=Kind.UNANSWERABLE),
    ]

    assert all(isinstance(checked(each), Draft) for each in sound)


def test_a_quote_is_no_pattern_and_short_ones_prove_nothing() -> None:
    assert stands_in("(.*)", PASSAGE) is None
    assert stands_in("in 1987.", PASSAGE) is None
    assert "weighs 14 kg." == stands_in("weighs 14\tkg.", PASSAGE)


def test_the_first_of_several_that_ask_the_same_stays() -> None:
    first = replace(draft(), proofs=(Proof(document="a.md", text="founded by Marta Eklund"),))
    same = replace(first, question="Who founded station?")
    reworded = replace(first, question="Whose work was it to set the place up?")
    elsewhere = replace(reworded, proofs=(Proof(document="b.md", text="founded by Marta Eklund"),))
    other_answer = replace(first, question="Which place did Marta Eklund found?", answer="the station")

    kept, repeated = without_duplicates([first, same, reworded, elsewhere, other_answer])

    assert [first, elsewhere, other_answer] == kept
    assert [Check.DUPLICATE] * 2 == [each.check for each in repeated]
    assert "Who founded the station?" in repeated[1].reason


def test_questions_that_differ_in_a_number_are_two() -> None:
    sales = [draft(f"What was sold in {year}?", "", kind=Kind.UNANSWERABLE) for year in (2021, 2022)]

    assert 2 == len(without_duplicates(sales)[0])
    assert 1 == len(without_duplicates([sales[0], replace(sales[0], question="In 2021, what was sold?")])[0])


def test_rules_come_before_duplicates_and_a_surplus_is_named() -> None:
    faulty = draft("Was it Marta Eklund?", number=0)
    sound, broken = checked_by_rules([faulty, draft(number=1), draft(number=2)])
    kept, surplus = chosen([*sound, draft("How heavy is it?", "14 kg", number=3)], n=1)

    assert [Check.ANSWER_IN_QUESTION, Check.DUPLICATE] == [each.check for each in broken]
    assert [1] == [each.task.number for each in kept]
    assert [Check.SURPLUS] == [each.check for each in surplus]


def test_a_tenth_of_the_drafts_may_be_left_unanswered() -> None:
    unanswered = [Dropped(task=draft().task, check=Check.NO_VERDICT, reason="timed_out: no token")]

    assert too_many_unanswered(unanswered, n_drafts=10) is None
    assert "for 1 of 9 drafts, for example: timed_out" in (too_many_unanswered(unanswered, n_drafts=9) or "")


@pytest.mark.parametrize(
    ("text", "quote", "proof"),
    [
        ("この駅は山田\n太郎が一九八七年に設立した。", "山田太郎が一九八七年に", "山田\n太郎が一九八七年に"),
        ("这座塔的高度为14米。", "高度为14米", "高度为14米"),
        ("这座塔的高度为 14 米。", "高度为14米", "高度为 14 米"),
        ("สถานีก่อตั้งโดย สมชาย", "ก่อตั้งโดยสมชาย", "ก่อตั้งโดย สมชาย"),
        ("أسس محمد علي\nالمحطة", "محمد علي المحطة", "محمد علي\nالمحطة"),
        ("key = 'aGVsbG8gd29ybGQ='", "aGVsbG8gd29ybGQ=", "aGVsbG8gd29ybGQ="),
        ("    return max(a,\n               b)", "return max(a, b)", "return max(a,\n               b)"),
        ("founded by Marta", "foundedby Marta", None),
        ("高度为15米", "高度为14米", None),
        ("高度", "高度", None),
    ],
)
def test_blanks_of_a_proof_count_only_between_words_that_need_them(text: str, quote: str, proof: str | None) -> None:
    assert proof == stands_in(quote, replace(PASSAGE, text=text))


def test_duplicates_without_blanks_are_seen() -> None:
    question, answer = "この駅を設立したのは誰ですか。", "山田太郎"
    first = replace(draft(question, answer), proofs=(Proof(document="a.md", text="山田\n太郎が設立した"),))
    same = replace(first, question="駅を設立したのは誰ですか?")
    same_proof = replace(
        first, question="設立者の名前は?", proofs=(Proof(document="a.md", text="駅は山田太郎が設立した"),)
    )
    other = replace(first, question="この駅を設計したのは誰ですか。", answer="佐藤花子")

    assert [first, other] == without_duplicates([first, same, same_proof, other])[0]
