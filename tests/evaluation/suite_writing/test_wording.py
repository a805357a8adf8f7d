"""Which answers and questions say the same."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evaluation.suite_writing.wording import (
    HALF,
    contains_answer,
    numbers,
    same_answer,
    same_question,
    similar_question,
)


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("Marta Eklund", "marta eklund."),
        ("Marta Eklund", "by Marta Eklund"),
        ("1,200 tonnes", "1200 tonnes"),
        ("three boats", "3 boats"),
        ("the old harbour master", "the old harbour master of Vik"),
        ("14 May 1987", "on 14 May 1987"),
        ("not allowed", "it is not allowed"),
        ("Straße", "STRASSE"),
        ("Zürich", "Zu\u0308rich"),
        ("山田太郎", "山田太郎。"),
        ("一九八七年", "「一九八七年」"),
        ("1987年", "１９８７年"),
        ("ＧＰＵサーバー", "gpuｻｰﾊﾞｰ"),
        ("สมชาย ใจดี", "สมชายใจดี"),
        ("เดิมพันแห่งชาติ", "เดิมพันแห่งชาติ."),
        ("张伟", "张伟。"),
        ("عام ١٩٨٧", "عام 1987"),
        ("١٬٢٠٠ طن", "1200 طن"),
        ("มี ๑๔ ลำ", "มี 14 ลำ"),
        ("किला", "किला।"),
        ("aGVsbG8gd29ybGQ=", "`aGVsbG8gd29ybGQ=`"),
        ("max_retries=3", "max_retries = 3"),
    ],
)
def test_answers_that_say_the_same(first: str, second: str) -> None:
    assert same_answer(first, second)
    assert same_answer(second, first)


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("Marta Eklund", "Ole Bang"),
        ("45", "60"),
        ("45", "45 of 60"),
        ("1987", "14 May 1987"),
        ("Marta Eklund", "Marta Eklund and Ole Bang"),
        ("allowed", "not allowed"),
        ("harbour", "the old harbour master of Vik in winter"),
        ("3.5 m", "35 m"),
        ("", "anything"),
        ("山田太郎", "山田花子"),
        ("東京", "京都"),
        ("東京都", "東京都と大阪府"),
        ("1987年", "1988年"),
        ("于1987年成立", "于1988年成立"),
        ("访客可以在周末进入大楼参观展览", "访客不可以在周末进入大楼参观展览"),
        ("訪問者は週末に建物に入ることができる", "訪問者は週末に建物に入ることができない"),
        ("อนุญาตให้ผู้เยี่ยมชมเข้าได้ในวันหยุด", "ไม่อนุญาตให้ผู้เยี่ยมชมเข้าได้ในวันหยุด"),
        ("ภาษาไทย", "ภาษาลาว"),
        ("محمد علي", "محمد صالح"),
        ("किला", "काला"),
        ("aGVsbG8gd29ybGQ=", "aGVsbG8gbW9vbg=="),
        ("max_retries=3", "max_retries=5"),
        ("...", "..."),
    ],
)
def test_answers_that_do_not(first: str, second: str) -> None:
    assert not same_answer(first, second)
    assert not same_answer(second, first)


def test_half_of_an_answer_is_the_same_where_it_is_guessed() -> None:
    assert same_answer("Marta Eklund", "Marta Eklund and Ole Bang", least=HALF)
    assert not same_answer("Marta", "Marta Eklund and Ole Bang", least=HALF)


@given(st.text(max_size=30), st.text(max_size=30))
def test_whether_answers_say_the_same_does_not_depend_on_their_order(first: str, second: str) -> None:
    assert same_answer(first, second) is same_answer(second, first)


def test_numbers_are_read_without_their_thousands() -> None:
    assert {"1200", "3.5", "7", "2"} == numbers("1,200 or 3,5 or 7 or two, and one more")


def test_a_question_contains_its_answer_only_where_its_words_stand_together() -> None:
    assert contains_answer("Was the Brennholm station founded by Marta Eklund?", "Marta Eklund")
    assert not contains_answer("Was Marta the sister of Ole Eklund?", "Marta Eklund")
    assert not contains_answer("Who founded it?", "...")


@pytest.mark.parametrize(
    ("question", "answer"),
    [
        ("山田太郎が設立した駅はどこですか。", "山田太郎"),
        ("东京是日本的首都吗？", "东京"),
        ("犬は何匹いますか", "犬"),
        ("สมชายใจดีก่อตั้งสถานีเมื่อไร", "สมชาย ใจดี"),
        ("于1987年成立的是什么？", "1987年"),
        ("هل أسس محمد علي المحطة؟", "محمد علي"),
        ("What does aGVsbG8gd29ybGQ= decode to?", "aGVsbG8gd29ybGQ="),
        ("What does `client.get(timeout=5)` return?", "client.get(timeout=5)"),
    ],
)
def test_a_question_of_any_script_contains_its_answer(question: str, answer: str) -> None:
    assert contains_answer(question, answer)


@pytest.mark.parametrize(
    ("question", "answer"),
    [
        ("誰が駅を設立しましたか。", "山田太郎"),
        ("山口は太郎の弟ですか", "山田太郎"),
        ("京都の東はどこですか", "東京"),
        ("ใครก่อตั้งสถานี", "สมชาย ใจดี"),
        ("من أسس المحطة؟", "محمد علي"),
        ("What does aGVsbG8gd29ybGQ= decode to?", "hello world"),
    ],
)
def test_a_question_of_any_script_without_its_answer(question: str, answer: str) -> None:
    assert not contains_answer(question, answer)


@pytest.mark.parametrize(
    ("first", "second", "are_alike"),
    [
        ("駅を設立したのは誰ですか。", "誰が駅を設立したのですか。", False),
        ("この駅を設立したのは誰ですか。", "駅を設立したのは誰ですか?", True),
        ("谁在1987年创立了这家公司？", "是谁在1987年创立了这家公司？", True),
        # Words that change places break neighbours; the two are told as one by their answer and proof.
        ("创立这家公司的人是谁？", "谁是创立这家公司的人？", False),
        ("创立这家公司的人是谁？", "这家公司卖什么产品？", False),
        ("2021年卖了什么？", "2022年卖了什么？", False),
        ("ใครเป็นผู้ก่อตั้งสถานีนี้", "สถานีนี้ใครเป็นผู้ก่อตั้ง", True),
        ("ใครเป็นผู้ก่อตั้งสถานีนี้", "โคมไฟหนักเท่าไร", False),
        ("من أسس المحطة في فيك؟", "في فيك من أسس المحطة؟", True),
        ("What does get(timeout=5) do?", "What does get(timeout=6) do?", False),
    ],
)
def test_questions_of_any_script_are_alike_by_their_words(first: str, second: str, are_alike: bool) -> None:
    assert similar_question(first, second) is are_alike
    assert not same_question(first, second)


def test_questions_in_another_order_are_not_the_same_but_alike() -> None:
    assert same_question("Who founded the station?", "Who founded station")
    assert not same_question("Does Vik supply Brenn?", "Does Brenn supply Vik?")
    assert similar_question("Does Vik supply Brenn?", "Does Brenn supply Vik?")
    assert not similar_question("What was sold in 2021?", "What was sold in 2022?")
