"""What holds for every metric. A metric that is registered enters by itself, once a standard case has what it needs."""

from functools import cache
from hashlib import sha256
from itertools import product
from math import isfinite, isinf

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evaluation.case import Case, Message
from evaluation.generation import Generation, Timing
from evaluation.metrics import METRICS
from evaluation.metrics.metric import CorpusMetric, ModelMetric, Need
from evaluation.metrics.needs import missing_needs
from evaluation.metrics.requests import AskJudge, EmbedText
from evaluation.passage import Passage
from evaluation.program import ProgramEnd, ProgramOutcome
from evaluation.scores import Measurement, ScoreFailure

ASKABLE = frozenset({Need.EMBEDDER, Need.SANDBOX, Need.JUDGE})
OPTIONS = {"cost_usd": {"per_kwh": 0.3}}
"""For metrics that measure nothing without."""
FAILED = ScoreFailure(kind="timed_out", message="nobody answered")
DETAILS = {
    "schema": {"type": "array", "uniqueItems": True, "items": {"pattern": "^a*$"}},
    "test_list": ["assert add(1, 2) == 3", "assert add(0, 0) == 0"],
    "tests": ["assert add(1, 2) == 3", "assert add(0, 0) == 0"],
    "test": "def check(candidate):\n    assert candidate(1, 2) == 3\n",
    "entry_point": "add",
    "instruction_id_list": ["punctuation:no_comma", "detectable_format:json_format", "change_case:english_lowercase"],
    "kwargs": [{}, {}, {}],
    "relevant": [{"document": "cats.md", "text": "Paris sleep 42 cats."}, {"document": "paris.md"}],
}
CASES = (
    Case(
        case_id="full",
        prompt="How many cats sleep in Paris, the capital of France? Write at most 50 words in two sentences.",
        references=("42", "a cat 7"),
        context=("In Paris sleep 42 cats. They dream of mice.", "Paris is the capital of France, in Europe."),
        choices=("42", "a cat 7"),
        details=DETAILS,
    ),
    Case(
        case_id="letters",
        prompt="Which one?",
        references=("B",),
        context=("It is the second.",),
        choices=("the first", "the second"),
        details=DETAILS,
    ),
    Case(
        case_id="talk",
        messages=(Message(role="system", content="Be brief."), Message(role="user", content="Say 1 and a cat.")),
        references=("1",),
        details=DETAILS,
    ),
)
HOSTILE = (
    "",
    " \t\n\u00a0\u2028",
    "\x00\x07\x1b[31m\x7f",
    "\ud800 lone \udfff",
    "\u202eright to left\u202c שלום مرحبا",
    "👩‍👩‍👧‍👦🏳️‍🌈 e\u0301 Z͑ͫ̓ͪ̂ͫ̽͏̴̙̤̞͉͚̯̞̠͍A̴̵̜̰͔ͫ͗͢L",
    "答案是四十二。猫が好きです。",
    "42",
    '```json\n{"a": [1, "b", null]}\n```',
    "```python\ndef add(a, b):\n    return a + b\n```",
    "<think>unclosed",
    "%s %d {0} {prompt} \\ $1 (?P<a>",
)
LONG = (
    "a" * 50_000,
    "42 " * 16_667,
    "cat. " * 10_000,
    "\n" * 50_000,
    "😀" * 25_000,
    "([{" * 16_667,
    "\\" * 50_000,
    "answer is A/" * 4_000,
    "-1,234.5e6% " * 4_000,
    " ".join(f"w{i}" for i in range(7_500)),
    ". ".join(f"Sentence {i} tells of cats" for i in range(1_750)),
)
"""What grows with the square of the length takes minutes on these."""
TEXTS = st.text(st.characters(), max_size=120) | st.lists(
    st.sampled_from(["cat", "42", "Paris", "the", "B", ".", "\n", "1,5", "[1]", "{", "not", "שלום", "🙂", "```"]),
    max_size=25,
).map(" ".join)


def generation(answer):
    timing = Timing(total_s=2.0, ttft_s=0.5, load_s=0.1, prompt_s=0.2, generate_s=1.0)
    return Generation(
        text=answer,
        answer=answer,
        timing=timing,
        prompt_tokens=9,
        output_tokens=20,
        finish_reason="stop",
        energy_j=3.0,
        sources=(Passage(document="a.md", position=0, text=answer), Passage(document="paris.md", position=3, text="")),
    )


@cache
def prepared(name):
    """The metric as a run would use it, and the first standard case that it can measure."""
    kind = METRICS[name]
    model = {"model": "any:1b", "digest": "sha256:1"} if issubclass(kind, ModelMetric) else {}
    metric = kind(**OPTIONS.get(name, {}), **model)
    refusals = [missing_needs(metric, [case], offered=ASKABLE) for case in CASES]
    if all(refusals):
        raise AssertionError(f"no standard case has what {name} needs, add one: {refusals}")
    return metric, tuple(case for case, refusal in zip(CASES, refusals, strict=True) if refusal is None)


def answered(request, written):
    """An answer of the right kind, the same for equal requests."""
    if isinstance(request, EmbedText):
        digest = sha256(request.text.encode("utf-8", "surrogatepass")).digest()
        return tuple(byte / 255 - 0.4 for byte in digest[:8])
    if isinstance(request, AskJudge):
        return written
    n_passed = len(request.program.source) % (len(request.program.tests) + 1)
    passed = tuple(i < n_passed for i in range(len(request.program.tests)))
    return ProgramOutcome(passed=passed, end=ProgramEnd.FINISHED, isolation="bubblewrap")


def measured(metric, case, answer, respond):
    """What the metric says; a comparison of two candidates gets an opponent."""
    for generations in ((generation(answer),), (generation(answer), generation("42 cats."))):
        requests = metric.requests(case, generations)
        found = metric.measure(case, generations, {request: respond(request) for request in requests})
        if not (isinstance(found, ScoreFailure) and found.kind == "no_opponent"):
            return found
    raise AssertionError(f"{metric.name} has no opponent among two candidates")


def check(metric, found):
    assert found is None or isinstance(found, Measurement | ScoreFailure)
    if isinstance(found, ScoreFailure):
        assert found.kind
        assert found.message
    if isinstance(found, Measurement):
        least, greatest = metric.value_range
        assert type(found.value) is float
        assert isfinite(found.value)
        # sacrebleu itself gives 100.00000000000004
        assert least - 1e-9 <= found.value <= greatest + 1e-9
        assert all(type(each) in (float, str) for each in found.evidence)
        assert found.label is None or 0 < len(found.label) <= 200
        assert found.rationale is None or len(found.rationale) <= 20_000
        assert metric.combine([found.value]) == pytest.approx(found.value)
        if isinstance(metric, CorpusMetric):
            assert least - 1e-9 <= metric.aggregate([found, found]) <= greatest + 1e-9


@pytest.mark.parametrize("name", list(METRICS))
def test_a_metric_says_what_it_is(name):
    kind = METRICS[name]
    assert kind.formula
    assert kind.blind_spots
    least, greatest = kind.value_range
    assert least < greatest
    assert kind.chance_level is None or least <= kind.chance_level <= greatest
    assert not isinf(least)
    first_line = str(kind.__doc__).splitlines()[0]
    assert not first_line.startswith(kind.__name__ + "(")


@pytest.mark.parametrize("name", list(METRICS))
@settings(max_examples=25)
@given(answer=TEXTS, written=TEXTS, which=st.integers(0, len(CASES) - 1))
def test_any_answer_has_a_value_in_range_a_named_failure_or_none(name, answer, written, which):
    metric, cases = prepared(name)
    case = cases[which % len(cases)]
    check(metric, measured(metric, case, answer, lambda request: answered(request, written)))


@pytest.mark.parametrize("name", list(METRICS))
def test_hostile_answers_and_hostile_judges_raise_nothing(name):
    metric, cases = prepared(name)
    for case, answer in product(cases, HOSTILE):
        for written in (answer, '{"rationale": "fine", "rating": 3, "verdict": "A"}'):
            check(metric, measured(metric, case, answer, lambda request, text=written: answered(request, text)))


@pytest.mark.no_cover
@pytest.mark.parametrize("name", list(METRICS))
def test_a_very_long_answer_is_measured(name):
    metric, cases = prepared(name)
    for answer in LONG:
        check(metric, measured(metric, cases[0], answer, lambda request, text=answer: answered(request, text)))


@pytest.mark.parametrize("name", list(METRICS))
@settings(max_examples=10)
@given(answer=TEXTS)
def test_where_nobody_answers_there_is_a_named_failure_or_a_value_that_needs_no_answer(name, answer):
    metric, cases = prepared(name)
    found = measured(metric, cases[0], answer, lambda request: FAILED)
    check(metric, found)
    if isinstance(found, ScoreFailure):
        assert FAILED.kind == found.kind


@pytest.mark.parametrize("name", list(METRICS))
@settings(max_examples=10)
@given(answer=TEXTS)
def test_measuring_twice_gives_the_same(name, answer):
    metric, cases = prepared(name)
    twice = [measured(metric, cases[0], answer, lambda request: answered(request, answer)) for _ in range(2)]
    assert twice[0] == twice[1]
