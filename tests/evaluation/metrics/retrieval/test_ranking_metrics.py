"""Is the search measured apart from the answer, and what counts as found?"""

import math
import random

import numpy as np
import pytest
from sklearn.metrics import ndcg_score

from evaluation.case import Case
from evaluation.errors import ConfigurationError
from evaluation.generation import Generation
from evaluation.metrics.metric import Metric
from evaluation.metrics.needs import missing_needs
from evaluation.metrics.parsing import parse_metric
from evaluation.passage import Passage
from evaluation.scores import Measurement

LEGS, CATS, SEA = "Spiders have 8 legs.", "Cats sleep for 16 hours.", "Whales live in the sea."
LONG = "The lighthouse was first lit in 1868 by Solheim, who tended it for twenty-six years without a break."
ALL = ("recall_at_k", "precision_at_k", "hit_rate_at_k", "reciprocal_rank", "ndcg_at_k")


def case(*relevant: object) -> Case:
    return Case(case_id="c", prompt="How many?", details={"relevant": list(relevant)} if relevant else {})


def passages(*texts: str, document: str = "a.md") -> tuple[Passage, ...]:
    return tuple(Passage(document=document, position=i, text=text) for i, text in enumerate(texts))


def value(metric: str, asked: Case, sources: tuple[Passage, ...] | None) -> float | None:
    (generation,) = (Generation(text="8", answer="8", sources=sources),)
    measurement = parse_metric(metric).measure(asked, (generation,), {})
    assert measurement is None or isinstance(measurement, Measurement)
    return None if measurement is None else measurement.value


def values(asked: Case, sources: tuple[Passage, ...] | None, *, k: int = 4) -> list[float | None]:
    return [value(name if name == "reciprocal_rank" else f"{name}(k={k})", asked, sources) for name in ALL]


def test_worked_by_hand() -> None:
    asked = case({"text": LEGS}, {"text": CATS}, {"text": "Nobody found this."})
    sources = passages("x", f"{CATS} y", "z", LEGS, "w")

    gained, best = 1 / math.log2(3) + 1 / math.log2(5), 1 + 1 / math.log2(3) + 1 / math.log2(4)
    assert [2 / 3, 2 / 4, 1.0, 1 / 2, pytest.approx(gained / best)] == values(asked, sources)
    assert [1 / 3, 1 / 3, 1.0, 1 / 2] == values(asked, sources, k=3)[:4]
    assert [0.0, 0.0, 0.0, 1 / 2, 0.0] == values(asked, sources, k=1)


def test_a_search_that_found_nothing_has_0_and_an_answer_without_search_has_no_value() -> None:
    asked = case({"text": LEGS})
    assert [0.0] * 5 == values(asked, ())
    assert [0.0] * 5 == values(asked, passages(CATS, SEA))
    assert [None] * 5 == values(asked, None)


def test_a_case_without_relevant_passages_has_no_value() -> None:
    assert [None] * 5 == values(case(), passages(LEGS))
    assert [None] * 5 == values(Case(case_id="c", details={"relevant": []}), passages(LEGS))


def test_a_passage_that_proves_two_things_is_as_good_as_two() -> None:
    asked = case({"text": LEGS}, {"text": CATS})
    assert [1.0, 1 / 4, 1.0, 1.0, 1.0] == values(asked, passages(f"{LEGS} {CATS}"))
    assert [1.0, 2 / 4, 1.0, 1.0, 1.0] == values(asked, passages(LEGS, CATS))


def test_chunks_that_overlap_are_both_relevant_and_gain_once() -> None:
    asked = case({"text": LEGS}, {"text": CATS})
    sources = passages(LEGS, f"{LEGS} again", CATS)
    expected = (1 + 1 / math.log2(4)) / (1 + 1 / math.log2(3))
    assert [1.0, 3 / 4, 1.0, 1.0, pytest.approx(expected)] == values(asked, sources)


def test_a_document_alone_is_found_by_any_of_its_passages() -> None:
    asked = case({"document": "./legs.md"})
    assert 1.0 == value("recall_at_k", asked, passages(SEA, document="legs.md"))
    assert 0.0 == value("recall_at_k", asked, passages(LEGS, document="other/legs.md"))


def test_document_and_text_belong_together() -> None:
    asked = case({"document": "legs.md", "text": LEGS})
    assert [1.0, 0.0, 0.0] == [
        value("recall_at_k", asked, passages(text, document=document))
        for text, document in ((LEGS, "legs.md"), (CATS, "legs.md"), (LEGS, "copy.md"))
    ]


@pytest.mark.parametrize(
    ("text", "passage", "expected"),
    [
        (LEGS, "So:  Spiders\nhave\t8 legs. Indeed.", 1.0),
        (LEGS, "Spiders have 8", 0.0),  # a short text must be there whole
        (LONG, " ".join(LONG.split()[9:]), 1.0),  # cut off before the tenth of 18 words
        (LONG, f"Before it. {' '.join(LONG.split()[:9])}", 1.0),
        (LONG, " ".join(LONG.split()[10:]), 0.0),
        (LONG, " ".join(LONG.split()[4:13]), 1.0),
        (LONG, " ".join(f"{word} and" for word in LONG.split()), 0.0),  # all of its words, none after another
        (LONG, " ".join(reversed(LONG.split())), 0.0),
        ("the " * 12 + "end", "the " * 5_000, 1.0),
    ],
)
def test_what_counts_as_the_text(text: str, passage: str, expected: float) -> None:
    assert expected == value("recall_at_k", case({"text": text}), passages(passage))


def test_all_equal_a_reference_on_1000_random_rankings() -> None:
    draw = random.Random(7)
    for _ in range(1_000):
        n, k = draw.randint(1, 25), draw.randint(1, 30)
        relevant = sorted(draw.sample(range(n), draw.randint(1, n)))
        asked = case(*({"text": f"fact {place:02} stands"} for place in relevant))
        order = draw.sample(range(n), n)
        sources = passages(*(f"Here fact {place:02} stands." for place in order))
        hits = np.array([place in relevant for place in order])
        n_hits = hits[:k].sum()
        ndcg = (
            ndcg_score([hits], [-np.arange(n)], k=k) if n > 1 else 1.0  # scikit-learn refuses a single document
        )
        expected = [n_hits / len(relevant), n_hits / k, float(n_hits > 0), 1 / (1 + hits.argmax()), ndcg]
        assert expected == pytest.approx(values(asked, sources, k=k))


@pytest.mark.parametrize(
    ("relevant", "problem"),
    [
        ("a.md", "has `details.relevant` that is str"),
        (["a.md"], "whose entry 1 is no object: 'a.md'"),
        ([{"document": "a.md"}, {}], "whose entry 2 names neither a document nor a text"),
        ([{"file": "a.md"}], "whose entry 1 has the unknown key 'file'"),
        ([{"document": "a.md", "text": " "}], "whose entry 1 has no text in 'text'"),
        ([{"document": 3}], "whose entry 1 has no text in 'document'"),
    ],
)
def test_relevant_passages_that_cannot_be_read_are_named(relevant: object, problem: str) -> None:
    bad = Case(case_id="bad", details={"relevant": relevant})
    message = missing_needs(parse_metric("ndcg_at_k"), [case({"text": LEGS}), bad])
    assert message is not None
    assert f"case 'bad' {problem}" in message.replace("has `details.relevant` whose", "whose")


def test_some_cases_may_be_without_relevant_passages_but_not_all() -> None:
    metric: Metric = parse_metric("recall_at_k(k=3)")
    assert missing_needs(metric, [case(), case({"text": LEGS})]) is None
    assert missing_needs(metric, [case(), case()]) == (
        "metric 'recall_at_k' needs relevant passages, which none of the 2 cases has"
    )


def test_a_rationale_says_where_each_was_found() -> None:
    (generation,) = (Generation(text="", answer="", sources=passages(SEA, LEGS)),)
    measurement = parse_metric("recall_at_k").measure(case({"text": LEGS}, {"text": CATS}), (generation,), {})
    assert isinstance(measurement, Measurement)
    assert "1 of 2 relevant passages among 2 sources, first at rank 2, none" == measurement.rationale


def test_k_must_be_a_number_of_passages() -> None:
    with pytest.raises(ConfigurationError, match="recall_at_k has k=0"):
        parse_metric("recall_at_k(k=0)")
