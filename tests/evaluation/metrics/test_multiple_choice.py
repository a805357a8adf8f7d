import pytest
from choice_answers import labelled
from hypothesis import given
from hypothesis import strategies as st

from evaluation.case import Case
from evaluation.metrics.choices.extraction import chosen_option
from evaluation.metrics.choices.option_matching import named_option
from evaluation.metrics.multiple_choice import MultipleChoice

CITIES = ("Paris", "London", "New York", "A small town")


@pytest.mark.parametrize(
    ("answer", "chosen", "stage"),
    [
        ("B", "London", "strict"),
        ("(b)", "London", "strict"),
        ("**B.**", "London", "strict"),
        ("london.", "London", "strict"),
        ("B. London", "London", "strict"),
        ("The answer is B", "London", "flexible"),
        ("the answer is b.", "London", "flexible"),
        ("Answer: (C)", "New York", "flexible"),
        ("**Answer:** C", "New York", "flexible"),
        ("The correct option is: **D**", "A small town", "flexible"),
        ("The answer is A. No wait, the answer is C.", "New York", "flexible"),
        ("B) because it is big", "London", "flexible"),
        ("C\nbecause it is new", "New York", "flexible"),
        ("I think (C) is right", "New York", "flexible"),
        ("not B, so C", "New York", "flexible"),
        ("The answer is A because of the tower", "Paris", "flexible"),
        ("I would say B is right", "London", "flexible"),
        ("A good choice is B", "London", "flexible"),
        ("It must be New York.", "New York", "flexible"),
        ("London, since it is the capital", "London", "flexible"),
    ],
)
def test_the_choice_is_read_in_stages(score, answer, chosen, stage):
    measurement = score(MultipleChoice(), answer, "B", choices=CITIES)
    assert (stage, f"chose {chosen!r}") == (measurement.label, measurement.rationale)
    assert float(chosen == "London") == measurement.value


@pytest.mark.parametrize(
    "answer",
    [
        "",
        "I do not know",
        "The answer is not B",
        "The answer is a secret",
        "I think so",
        "E",
        "either Z or nothing",
        "The answer is Z",
    ],
)
def test_what_settles_on_nothing_is_not_extracted_and_scores_zero(score, answer):
    measurement = score(MultipleChoice(), answer, "B", choices=CITIES)
    assert (0.0, "not_extracted") == (measurement.value, measurement.label)


@pytest.mark.parametrize(
    "answer",
    [
        "It is B or C",
        "The answer is A or B",
        "So the answer is (A) and (B).",
        "Both A and C are right",
        "All of the above.",
        "Answer: A\nAnswer: B",
        "Paris and London",
        "I choose B. But B is wrong.",
    ],
)
def test_several_options_that_are_offered_are_ambiguous_and_score_zero(score, answer):
    measurement = score(MultipleChoice(), answer, "B", choices=CITIES)
    assert (0.0, "ambiguous", (0.0, 0.0)) == (measurement.value, measurement.label, measurement.evidence)


@pytest.mark.parametrize(
    "answer",
    [
        "The best answer is A, but B is also acceptable",
        "The answer is C; A would also work.",
        "The answer could be A. It could also be B.",
        "A. Also B.",
        "Not only A but also B",
        "A. London",
        "(A) London",
    ],
)
def test_a_second_option_that_is_offered_too_or_belies_the_letter_is_ambiguous(answer):
    assert (None, "ambiguous") == (chosen_option(answer, CITIES).index, chosen_option(answer, CITIES).stage)


@pytest.mark.parametrize(
    ("answer", "options"),
    [
        ("I refuse to answer A.", CITIES),
        ("The answer is unlikely to be D.", CITIES),
        ("A is the worst choice", CITIES),
        ("The opposite of A is the answer", CITIES),
        ("I have no idea", ("Yes", "No")),
        ("There is no answer", ("Yes", "No")),
        ("10%", ("10", "1", "100")),
    ],
)
def test_an_option_that_is_shunned_or_only_resembled_is_not_read(answer, options):
    assert chosen_option(answer, options).index is None


@pytest.mark.parametrize(
    ("answer", "options", "index"),
    [
        ("No doubt, yes.", ("Yes", "No"), 0),
        ("Yes, no doubt.", ("Yes", "No"), 0),
        ("The answer is neither A nor B but D.", CITIES, 3),
        ("The answer is A. B is also wrong.", CITIES, 0),
        ("Both A and B are correct, but A is the best answer.", CITIES, 0),
    ],
)
def test_what_is_said_beside_the_choice_does_not_hide_it(answer, options, index):
    assert index == chosen_option(answer, options).index


@pytest.mark.parametrize(
    ("answer", "index"),
    [
        ("Answer: C. Sorry, I meant B.", 1),
        ("The answer is D. Scratch that: B.", 1),
        ("The answer is A. Never mind: C.", 2),
        ("Answer: B\n\nEdit: the answer is C.", 2),
        ("Answer: B|C", None),
        ("B (or possibly C)", None),
        ("答案是A和B", None),
        ("Ответ: A и B", None),
        ("정답은 A와 B입니다.", None),
        ("الإجابة: A أو B", None),
        ("B. London\n\nQuestion: What is the capital of Italy?\nA. Oslo\nB. Milan\nAnswer: D", 1),
        ("Answer: B\n\nHuman: And Spain?\n\nAssistant: The answer is C.", 1),
        ("Question: Which is a capital?\nAnswer: B", 1),
        ("Let's evaluate each option:\nA. Paris: this is in France.\nB. London: this is", None),
        ("A common mistake is to pick C. The answer is B.", 1),
        ("If I am not wrong, the answer is B.", 1),
        ("A lot of people think it is London, but I disagree.", None),
        ("Most people know that Paris is a capital.", 0),
        ("A ✗\nB ✓\nC ✗\nD ✗", 1),
        ("A) ❌ B) ✅ C) ❌ D) ❌", 1),
        ("A ✓\nB ✓\nC ✗\nD ✗", None),
    ],
)
def test_corrections_joins_ticks_and_questions_that_the_model_asks_itself_are_read_as_a_person_would(answer, index):
    assert index == chosen_option(answer, CITIES).index


@pytest.mark.parametrize(
    ("answer", "options", "index"),
    [
        ("None of these", ("Negligence", "Battery", "None of the above"), 2),
        ("All of them", ("It is cheap", "It is fast", "All of the above"), 2),
        ("All of these", ("Negligence", "Battery", "None of the above"), None),
    ],
)
def test_none_of_these_is_the_option_that_says_so(answer, options, index):
    assert index == chosen_option(answer, options).index


def test_no_answer_of_a_large_hand_labelled_set_is_read_wrongly_and_hardly_one_is_not_read():
    wrong, unread, answers = [], [], labelled()
    for row in answers:
        choice = chosen_option(row.answer, row.options)
        letter = "-" if choice.index is None else chr(ord("A") + choice.index)
        if letter != row.choice:
            (unread if letter == "-" else wrong).append((row.answer, row.choice, letter))
    assert len(answers) > 800
    assert [] == wrong
    assert len(unread) <= 0.01 * len(answers), unread


@pytest.mark.parametrize(
    ("answer", "strict", "flexible"),
    [
        ("B", (1.0, "strict"), (1.0, "strict")),
        ("A", (0.0, "strict"), (0.0, "strict")),
        ("The answer is B", (0.0, "not_extracted"), (1.0, "flexible")),
        ("The answer is A", (0.0, "not_extracted"), (0.0, "flexible")),
        ("no idea", (0.0, "not_extracted"), (0.0, "not_extracted")),
    ],
)
def test_both_stages_are_reported_so_that_a_failed_extraction_is_no_wrong_answer(score, answer, strict, flexible):
    for extraction, expected in (("strict", strict), ("flexible", flexible)):
        found = score(MultipleChoice(extraction=extraction), answer, "B", choices=CITIES)
        assert (expected, (strict[0], flexible[0])) == ((found.value, found.label), found.evidence)
    assert ("strict", "flexible") == MultipleChoice.evidence_names


@pytest.mark.no_cover
@pytest.mark.parametrize(
    "piece",
    ["answer is ", "answer", "answer" + " " * 999, "answer is A/", "A ", "(", "\n", "A\n\n", " ", "not A ", "/"],
)
def test_a_very_long_answer_is_read_in_linear_time(score, piece):
    for before in ("", "The answer is A", "A"):
        text = before + piece * (50_000 // len(piece)) + "z"
        assert score(MultipleChoice(), text, "A", choices=CITIES).value in (0.0, 1.0)


def test_a_reference_may_be_a_letter_or_an_options_text(score):
    assert 1.0 == score(MultipleChoice(), "C", "new york", choices=CITIES).value
    assert 1.0 == score(MultipleChoice(), "C", "(C)", choices=CITIES).value
    assert 1.0 == score(MultipleChoice(), "C", "A", "C", choices=CITIES).value
    assert 1.0 == score(MultipleChoice(), "C", "C) New York", choices=CITIES).value


def test_a_letter_means_the_position_even_where_an_option_is_that_letter():
    assert 0 == named_option("A", ("B", "A"))
    assert named_option("Z", CITIES) is None


def test_a_reference_that_names_no_option_is_reported_before_anything_is_asked():
    assert "'Rome'" in MultipleChoice().problem(Case(case_id="q", references=("Rome",), choices=CITIES))
    assert MultipleChoice().problem(Case(case_id="q", references=("D",), choices=CITIES)) is None


@given(st.integers(0, 3), st.sampled_from(["{}", "({})", "{}.", " {} ", "[{}]", "**{}**"]))
def test_a_decorated_letter_is_always_read_strictly(score, index, wrapping):
    measurement = score(MultipleChoice(), wrapping.format("ABCD"[index]), "ABCD"[index], choices=CITIES)
    assert (1.0, "strict") == (measurement.value, measurement.label)


@given(st.text(max_size=100), st.lists(st.text(max_size=10), max_size=5))
def test_any_text_can_be_read(score, answer, choices):
    assert score(MultipleChoice(), answer, "A", choices=choices).value in (0.0, 1.0)
