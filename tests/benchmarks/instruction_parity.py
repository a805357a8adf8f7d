"""Are the verdicts on instructions those of another implementation of IFEval's checker?

    NLTK_DATA=FOLDER python tests/benchmarks/instruction_parity.py --reference PYTHON

`PYTHON` is an interpreter of its own with `lm_eval`, `langdetect` and `immutabledict`; lm_eval's copy of
google-research/instruction_following_eval runs there, in another process, with NLTK's English model of sentences from
`FOLDER/tokenizers/punkt_tab`. Cases of one to three instructions and answers put together from fragments (Unicode,
empty, long, near misses) are judged by both, strict and loose. Ends with status 1 where a verdict differs.

Not asked: letters that are no letters (lm_eval draws another one), arguments of zero (it leaves them out).
"""

import argparse
import json
import random
import subprocess
import sys
from collections import Counter
from typing import Any

from measuring import print_result

from evaluation.case import Case
from evaluation.generation import Generation
from evaluation.metrics.instruction_following import InstructionAccuracy, InstructionAccuracyLoose

REFERENCE = """
import json, sys
import langdetect
langdetect.DetectorFactory.seed = 0
from lm_eval.tasks.ifeval import utils

def judged(case):
    asked = utils.InputExample(0, case["ids"], "", case["kwargs"])
    strict = utils.test_instruction_following_strict(asked, case["answer"])
    loose = utils.test_instruction_following_loose(asked, case["answer"])
    return [strict.follow_instruction_list, loose.follow_instruction_list]

verdicts = [judged(case) for case in json.load(sys.stdin)]
print("verdicts " + json.dumps(verdicts))
"""
RELATIONS = ("less than", "at least")
KINDS: dict[str, list[dict[str, Any]]] = {
    "keywords:existence": [{"keywords": ["story", "a.b"]}, {"keywords": ["ART"]}, {"keywords": ["what?", "hello"]}],
    "keywords:frequency": [
        {"keyword": word, "frequency": n, "relation": relation}
        for word in ("art", " the ", "...")
        for n in (1, 3)
        for relation in RELATIONS
    ],
    "keywords:forbidden_words": [{"forbidden_words": ["rock", "art"]}, {"forbidden_words": ["the"]}],
    "keywords:letter_frequency": [
        {"letter": letter, "let_frequency": n, "let_relation": relation}
        for letter in ("a", "T")
        for n in (2, 9)
        for relation in RELATIONS
    ],
    "language:response_language": [{"language": code} for code in ("en", "de", "es", "ru", "hi", "ko", "fi")],
    "length_constraints:number_sentences": [
        {"num_sentences": n, "relation": relation} for n in (1, 2, 3, 5, 8) for relation in RELATIONS
    ],
    "length_constraints:number_paragraphs": [{"num_paragraphs": n} for n in (1, 2, 3)],
    "length_constraints:number_words": [
        {"num_words": n, "relation": relation} for n in (1, 5, 10, 30) for relation in RELATIONS
    ],
    "length_constraints:nth_paragraph_first_word": [
        {"num_paragraphs": n, "nth_paragraph": 1, "first_word": word} for n in (1, 2, 3) for word in ("the", "Hello")
    ],
    "detectable_content:number_placeholders": [{"num_placeholders": n} for n in (1, 2, 4)],
    "detectable_content:postscript": [{"postscript_marker": marker} for marker in ("P.S.", "P.P.S", "PS:")],
    "detectable_format:number_bullet_lists": [{"num_bullets": n} for n in (1, 2, 3)],
    "detectable_format:constrained_response": [{}],
    "detectable_format:number_highlighted_sections": [{"num_highlights": n} for n in (1, 2, 3)],
    "detectable_format:multiple_sections": [
        {"section_spliter": word, "num_sections": n} for word in ("Section", "Day") for n in (1, 2)
    ],
    "detectable_format:json_format": [{}],
    "detectable_format:title": [{}],
    "combination:two_responses": [{}],
    "combination:repeat_prompt": [{"prompt_to_repeat": "Say hello "}],
    "startend:end_checker": [{"end_phrase": "the end"}, {"end_phrase": " Any questions? "}],
    "startend:quotation": [{}],
    "change_case:capital_word_frequency": [
        {"capital_frequency": n, "capital_relation": relation} for n in (1, 2, 3, 6) for relation in RELATIONS
    ],
    "change_case:english_capital": [{}],
    "change_case:english_lowercase": [{}],
    "punctuation:no_comma": [{}],
}
_FRAGMENTS = r"""
Hello world.|the cat sat on the mat, and the art of story telling|THE QUICK BROWN FOX IS HERE.|it. what|what|# *
all lower case words are here my friend|* point one|** two|*|- dash|-dash|***|******|*high light*|**bold one**
<<title>>|<< >>|<<>>>|<a>|[name]|[a [b] c]|[|]|Section 1|SECTION 2|Section3|Day 4|P.S. bye|P. P. S. more|p.s|PS: x
My answer is yes.|My answer is no|{"a": [1, 2, NaN]}|```json|```|[1]|"quoted"|"|'|Say hello|the end|THE END."
Any questions?|Dr. Smith went to the U.S. He left...|e.g. this, i.e. that etc. And 3.5 or 1. One|'the|"It's|“Oh.” ‘No’
Das ist ein deutscher Satz über Häuser und Bäume.|Это русское предложение о погоде.|यह एक हिंदी वाक्य है।|מילים
한국어 문장입니다 오늘은 날씨가 좋습니다.|Tämä on suomenkielinen lause.|Esta es una frase en español, claro.
İstanbul ΛΌΓΟΣ|I'M DON'T CANNOT 3D A-B NASA's U.S.A. X,Y|h😀o|12345 67|http://x.y/z|rock!|!!!|?!
"""
FRAGMENTS = [*_FRAGMENTS.strip().replace("\n", "|").split("|"), "\t", "\r", "\x85", "\u200f"]
BLANKS = ("\n", "\n", "\n\n", " ", " ", "", "  ", "\n \n")


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    options.add_argument("--reference", required=True, help="the interpreter that has lm_eval")
    options.add_argument("--cases", type=int, default=2000)
    options.add_argument("--seed", type=int, default=0)
    given = options.parse_args()
    rng = random.Random(given.seed)
    cases = [_case(rng) for _ in range(given.cases)]
    differing = Counter[str]()
    asked = Counter[str]()
    for case, ours, theirs in zip(cases, map(_ours, cases), _theirs(given.reference, cases), strict=True):
        for mine, other in zip(ours, theirs, strict=True):
            asked.update(case["ids"])
            differing.update(name for name, a, b in zip(case["ids"], mine, other, strict=True) if a != b)
    values = {"cases": len(cases), "verdicts": asked.total(), "by_kind": dict(asked), "differing": dict(differing)}
    print_result("instruction_parity", values, f"{differing.total()} of {asked.total()} verdicts differ")
    sys.exit(1 if differing else 0)


def _case(rng: random.Random) -> dict[str, Any]:
    ids = rng.sample(list(KINDS), k=rng.randint(1, 3))
    return {"ids": ids, "kwargs": [rng.choice(KINDS[name]) for name in ids], "answer": _answer(rng)}


def _answer(rng: random.Random) -> str:
    n = rng.choice((0, 1, 1, 2, 3, 4, 6, 10, 20, 300))
    text = "".join(rng.choice(FRAGMENTS) + rng.choice(BLANKS) for _ in range(n))
    return rng.choice((text, text, text.strip(), text.upper(), text.lower(), f'"{text.strip()}"'))


def _ours(case: dict[str, Any]) -> list[list[bool]]:
    known = Case(case_id="q", prompt="?", details={"instruction_id_list": case["ids"], "kwargs": case["kwargs"]})
    generation = Generation(text=case["answer"], answer=case["answer"])
    measured = [
        metric.measure(known, (generation,), {}) for metric in (InstructionAccuracy(), InstructionAccuracyLoose())
    ]
    return [[verdict == 1.0 for verdict in found.evidence[1::2]] for found in measured]


def _theirs(python: str, cases: list[dict[str, Any]]) -> list[list[list[bool]]]:
    done = subprocess.run(
        [python, "-c", REFERENCE], input=json.dumps(cases), capture_output=True, text=True, check=False
    )
    if done.returncode:
        sys.exit(f"the reference failed: {done.stderr.strip().splitlines()[-1:]}")
    verdicts: list[list[list[bool]]] = json.loads(done.stdout.rpartition("verdicts ")[2])
    return verdicts


if __name__ == "__main__":
    main()
