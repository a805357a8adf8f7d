"""Answers of many shapes to a question with options, each labelled by hand with the option that it chooses.

`-` is the label where a reader can only say that there is none or that there are several. Those to "Which
is the capital of England?" with the options `CITIES` are in `choice_answers.txt`, one a line, `\\n` for a line break.
"""

from pathlib import Path
from typing import NamedTuple

CITIES = ("Paris", "London", "Madrid", "Rome")
FACTS = ("It rises", "It falls", "All of the above", "None of the above")
BOTH = ("Only the first", "Only the second", "Both A and B", "Neither A nor B")
EVERY = ("Heat", "Light", "Sound", "All of the above")
YEARS = ("1914", "1918", "1939", "1945")
SHARES = ("5%", "15%", "50%", "0.5%")
MOODS = ("positive", "negative", "neutral")
YES_NO = ("Yes", "No", "Maybe")
NUMBERS = ("12", "-12", "1.2", "120")
CODE = ("f(x)", "f[x]", "x++", "++x")
TERMS = ("Vitamin A", "Vitamin C", "Hepatitis B", "Plan B")
MANY = tuple(f"Thing number {number}" for number in range(1, 11))


class Labelled(NamedTuple):
    answer: str
    choice: str
    options: tuple[str, ...] = CITIES


_OTHER_OPTIONS = (
    Labelled("All of the above.", "C", FACTS),
    Labelled("All of the above", "C", FACTS),
    Labelled("The answer is all of the above.", "C", FACTS),
    Labelled("C. All of the above", "C", FACTS),
    Labelled("None of the above.", "D", FACTS),
    Labelled("The correct answer is D) None of the above.", "D", FACTS),
    Labelled("It rises and it falls", "-", FACTS),
    Labelled("It falls.", "B", FACTS),
    Labelled("Both A and B", "C", BOTH),
    Labelled("The answer is C, both A and B.", "C", BOTH),
    Labelled("The answer is C) Both A and B.", "C", BOTH),
    Labelled("The answer is both A and B.", "C", BOTH),
    Labelled("Neither A nor B", "D", BOTH),
    Labelled("12", "A", NUMBERS),
    Labelled("-12", "B", NUMBERS),
    Labelled("1.2", "C", NUMBERS),
    Labelled("120.", "D", NUMBERS),
    Labelled("The answer is -12.", "B", NUMBERS),
    Labelled("The answer is 1.2", "C", NUMBERS),
    Labelled("The answer is 120", "D", NUMBERS),
    Labelled("3 - 15 = -12, so the answer is B.", "B", NUMBERS),
    Labelled("We get -12.", "B", NUMBERS),
    Labelled("1.25", "-", NUMBERS),
    Labelled("The answer is 1.25.", "-", NUMBERS),
    Labelled("512", "-", NUMBERS),
    Labelled("f(x)", "A", CODE),
    Labelled("f[x]", "B", CODE),
    Labelled("x++", "C", CODE),
    Labelled("++x", "D", CODE),
    Labelled("`f[x]`", "B", CODE),
    Labelled("The answer is C.", "C", CODE),
    Labelled("The answer is x++.", "C", CODE),
    Labelled("Vitamin C", "B", TERMS),
    Labelled("The answer is Vitamin C.", "B", TERMS),
    Labelled("Vitamin C prevents scurvy.", "B", TERMS),
    Labelled("Hepatitis B", "C", TERMS),
    Labelled("It is Plan B.", "D", TERMS),
    Labelled("B) Vitamin C", "B", TERMS),
    Labelled("The answer is B: Vitamin C.", "B", TERMS),
    Labelled("Vitamin A or Vitamin C", "-", TERMS),
    Labelled("I", "I", MANY),
    Labelled("I.", "I", MANY),
    Labelled("The answer is I.", "I", MANY),
    Labelled("I think it is J.", "J", MANY),
    Labelled("I am not sure.", "-", MANY),
    Labelled("I would say E, since it fits.", "E", MANY),
    Labelled("Thing number 4", "D", MANY),
    Labelled("The answer is (H) because I checked.", "H", MANY),
    Labelled("The answer is a.", "A", MANY),
    Labelled("e) Thing number 5", "E", MANY),
    Labelled("A... actually, B.", "B"),
    Labelled("B (I'm not certain).", "B"),
    Labelled("C'est la réponse B.", "B"),
    Labelled("<final_answer>B</final_answer>", "B"),
    Labelled("Doğru cevap B.", "B"),
    Labelled("Maybe B.", "B"),
    Labelled("Most likely B.", "B"),
    Labelled("Opción B", "B"),
    Labelled("Svaret är B.", "B"),
    Labelled('{"explanation": "Option A is tempting.", "final_answer": "B"}', "B"),
    Labelled('```json\n{"reasoning": "Not A.", "choice": "B) London"}\n```', "B"),
    Labelled("~~A~~ B", "B"),
    Labelled("The most appropriate answer is B.", "B"),
    Labelled("It's either A or B. I choose B.", "B"),
    Labelled("\\fbox{B}", "B"),
    Labelled("B is right, and so A is wrong.", "B"),
    Labelled("Anything but London.", "-"),
    Labelled("Probably B, but maybe C.", "-"),
    Labelled("Answer:\nA\nC", "-"),
    Labelled("B is wrong, and so is A.", "-"),
    Labelled("N/A", "-"),
    Labelled("A and also B", "-"),
    Labelled("I doubt that B is correct.", "-"),
    Labelled("Nobody would choose B.", "-"),
    Labelled("A (B is also possible)", "-"),
    Labelled('{"answer": ["A", "B"]}', "-"),
    Labelled('{"answer": "A", "choice": "B"}', "-"),
    Labelled("It rises or falls.", "-", FACTS),
    Labelled("It rises, then falls.", "-", FACTS),
    Labelled("Both A and B are correct, so the answer is C.", "C", BOTH),
    Labelled("Both A and B are correct.", "C", BOTH),
    Labelled("Answer: C. Both A and B are right.", "C", BOTH),
    Labelled("A and B are both right, so C.", "C", BOTH),
    Labelled("A and B", "C", BOTH),
    Labelled("Neither A nor B is right.", "-", BOTH),
    Labelled("A, B and C are all correct.", "D", EVERY),
    Labelled("A, B and C are all correct, so the answer is D.", "D", EVERY),
    Labelled("1914-1918", "-", YEARS),
    Labelled("1939–1945", "-", YEARS),
    Labelled("1914 to 1918", "-", YEARS),
    Labelled("More than 1918", "-", YEARS),
    Labelled("At least 1918", "-", YEARS),
    Labelled("1914 plus 4", "-", YEARS),
    Labelled("1914 × 2", "-", YEARS),
    Labelled("1939 + 6 = 1945", "D", YEARS),
    Labelled("The answer is 1939 + 6.", "-", YEARS),
    Labelled("50 %", "C", SHARES),
    Labelled("\\boxed{50\\%}", "C", SHARES),
    Labelled("The answer is 50 %.", "C", SHARES),
    Labelled("not positive but negative", "B", MOODS),
    Labelled("non-negative", "-", MOODS),
    Labelled("positive or something else", "-", MOODS),
    Labelled("There is no way to tell.", "-", YES_NO),
    Labelled("There is no correct option.", "-", YES_NO),
)


def labelled() -> tuple[Labelled, ...]:
    """All answers with their labels."""
    lines = Path(__file__).with_suffix(".txt").read_text(encoding="utf-8").splitlines()
    rows = (line.rpartition(" | ") for line in lines)
    return (*(Labelled(answer.replace("\\n", "\n"), choice) for answer, _, choice in rows), *_OTHER_OPTIONS)
