import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from nltk.tokenize import NLTKWordTokenizer

from evaluation.metrics.instructions.letter_case import words
from evaluation.metrics.instructions.sentences import sentences

_TOKENS = (
    "I'M DON'T CANNOT cannot GONNA wanna HE'S. 'TIS 'TWAS D'YE MORE'N GIMME GOTTA LEMME IT'S' A,B A,1 A:B -x "
    "U.S.A. NASA's Ph.D. 90'S THEY'LL ``x'' \"Hi.\" (Yes.) 'no.' . ... -- * [x] <a> #1 $5 50% a&b X,:Y 'n' ''' , : end."
)


TOKENS = _TOKENS.split(" ")


PIECES = st.tuples(st.sampled_from(TOKENS), st.sampled_from([" ", " ", "", "\n", "\t"]))


TEXTS = st.lists(PIECES, max_size=20).map(lambda pieces: "".join(word + blank for word, blank in pieces))


def _with_letters(found: list[str]) -> list[str]:
    return [word for word in found if any(character.isalnum() for character in word)]


@settings(max_examples=150)
@given(text=TEXTS | st.text(alphabet="aAIsS.!?\"'`) (\n-,:1&", max_size=40))
def test_words_are_those_of_nltk(text: str) -> None:
    expected = [word for sentence in sentences(text) for word in NLTKWordTokenizer().tokenize(sentence)]
    assert _with_letters(expected) == _with_letters(words(text))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("I CANNOT go.", ["I", "CAN", "NOT", "go", "."]),
        ("Gimme, LEMME, GOTTA, GONNA!", ["Gim", "me", ",", "LEM", "ME", ",", "GOT", "TA", ",", "GON", "NA", "!"]),
        ("D'YE wanna go?", ["D", "'YE", "wan", "na", "go", "?"]),
        ("It's Ann's dog, isn't it?", ["It", "'s", "Ann", "'s", "dog", ",", "is", "n't", "it", "?"]),
        (
            "The U.S. won 3,000 (well-known) *prizes*.",
            ["The", "U.S.", "won", "3,000", "(", "well-known", ")", "*", "prizes", "*", "."],
        ),
        ("", []),
    ],
)
def test_words_and_marks_by_hand(text: str, expected: list[str]) -> None:
    assert expected == words(text)
