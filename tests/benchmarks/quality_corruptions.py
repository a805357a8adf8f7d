"""Do the metrics of quality rank a good text above the same text spoilt? Prints one line of JSON.

Every text is spoilt in nine ways. `pooled` is the AUC: the share of all pairs of a good text and a spoilt one, of
whatever texts, in which the good one scores higher (ties count half); its interval resamples texts. `paired` looks only
at pairs of a text and its own corruption. All pairs of metric and corruption are printed; `meant` lists those that a
metric is meant to see, `meant_beside_itself` those that it is meant to see in two versions of one text. Constants were
chosen on the tuning half of the texts; the figures are of the reporting half.

The prompt asks for three topics that the text treats and for about its length; under `blank_prompt` are the figures of
the metrics that read the prompt, where it says nothing.
"""

import argparse
import json
import random
import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from quality_texts import SUITES, GoodText, good_texts

from evaluation.case import Case
from evaluation.generation import Generation
from evaluation.metrics import METRICS
from evaluation.metrics.quality.reading import words
from evaluation.metrics.quality.word_classes import SMALL_WORDS
from evaluation.scores import Measurement

NAMES = ("coherence", "completeness", "readability", "length_fit", "creativity", "specificity", "overall_quality")
READ_THE_PROMPT = ("completeness", "length_fit", "overall_quality")
MEANT: Mapping[str, tuple[str, ...]] = {
    "coherence": ("shuffled",),
    "completeness": ("cut_inside_a_sentence",),
    "readability": ("long_words",),
    "length_fit": ("cut_inside_a_sentence", "cut_after_a_sentence", "padded"),
    "creativity": ("repeated", "padded"),
    "specificity": ("vague_words",),
    "overall_quality": ("cut_inside_a_sentence", "repeated", "padded"),
}
MEANT_BESIDE_ITSELF: Mapping[str, tuple[str, ...]] = {"readability": ("run_together",)}
"""Published formulas of readability measure words and sentences; whose words are longer, may have shorter sentences."""
_VAGUE_TEXT = "thing things stuff something some one ones matter kind nice good big lot way part place people it what"
_REPLACED = 0.6
_BANDS = ((5, 5), (6, 7), (8, 11), (12, 30))
_N_RESAMPLES = 500

Corruption = Callable[[GoodText, random.Random, "Pool"], str]


@dataclass(frozen=True)
class Pool:
    """Words of all texts of the half, to replace others with."""

    content: tuple[str, ...]
    long: tuple[str, ...]


def shuffled(text: GoodText, rng: random.Random, _: Pool) -> str:
    order = list(text.sentences)
    while tuple(order) == text.sentences:
        rng.shuffle(order)
    return " ".join(order)


def cut_inside_a_sentence(text: GoodText, rng: random.Random, _: Pool) -> str:
    tokens = text.text.split()
    places = [i for i in range(int(0.3 * len(tokens)), int(0.8 * len(tokens)) + 1) if tokens[i - 1][-1].isalnum()]
    return " ".join(tokens[: rng.choice(places)])


def cut_after_a_sentence(text: GoodText, rng: random.Random, _: Pool) -> str:
    n = len(text.sentences)
    return " ".join(text.sentences[: rng.randint(max(1, round(0.3 * n)), max(1, round(0.7 * n)))])


def repeated(text: GoodText, rng: random.Random, _: Pool) -> str:
    """The second half of the sentences gives way to sentences of the first: about as long as before."""
    n = len(text.sentences)
    kept = text.sentences[: (n + 1) // 2]
    return " ".join([*kept, *(rng.choice(kept) for _ in range(n - len(kept)))])


def padded(text: GoodText, rng: random.Random, _: Pool) -> str:
    return " ".join([*text.sentences, *(rng.choice(text.sentences) for _ in text.sentences)])


def random_words(text: GoodText, rng: random.Random, pool: Pool) -> str:
    return _with_words_replaced(text, rng, pool.content, lambda word: word.lower() not in SMALL_WORDS)


def long_words(text: GoodText, rng: random.Random, pool: Pool) -> str:
    return _with_words_replaced(text, rng, pool.long, lambda word: word.lower() not in SMALL_WORDS)


def vague_words(text: GoodText, rng: random.Random, _: Pool) -> str:
    return _with_words_replaced(text, rng, _VAGUE_TEXT.split(), lambda word: word.lower() not in SMALL_WORDS)


def run_together(text: GoodText, rng: random.Random, _: Pool) -> str:
    """Every second end of a sentence becomes a comma and "and"."""
    joined = text.sentences[0]
    for i, sentence in enumerate(text.sentences[1:]):
        joined = f"{joined} {sentence}" if i % 2 else f"{joined.rstrip('.?!')}, and {sentence[0].lower()}{sentence[1:]}"
    return joined


CORRUPTIONS: tuple[Corruption, ...] = (
    shuffled,
    cut_inside_a_sentence,
    cut_after_a_sentence,
    repeated,
    padded,
    random_words,
    long_words,
    vague_words,
    run_together,
)


def _with_words_replaced(
    text: GoodText, rng: random.Random, others: Sequence[str], chosen: Callable[[str], bool]
) -> str:
    def replaced(found: re.Match[str]) -> str:
        word = found.group()
        if not chosen(word) or rng.random() > _REPLACED:
            return word
        other = rng.choice(others)
        return other.capitalize() if word[0].isupper() and found.start() == 0 else other

    return " ".join(re.sub(r"[^\W_]+(?:['’-][^\W_]+)*", replaced, sentence) for sentence in text.sentences)


def pool_of(texts: Sequence[GoodText]) -> Pool:
    found = {word.lower() for text in texts for word in words(text.text)}
    content = tuple(sorted(word for word in found if word not in SMALL_WORDS and word.isalpha()))
    return Pool(content=content, long=tuple(word for word in content if len(word) >= 11))


def case_of(text: GoodText) -> Case:
    """Asks for a topic of each third of the text, and for its length rounded to tens."""
    n = len(text.sentences)
    thirds = [text.sentences[: n // 3], text.sentences[n // 3 : 2 * n // 3], text.sentences[2 * n // 3 :]]
    named = [_topic(third, [other for other in thirds if other is not third]) for third in thirds]
    about = max(10, round(len(words(text.text)), -1))
    return Case(case_id=text.digest, prompt=f"Explain {named[0]}, {named[1]} and {named[2]} in about {about} words.")


def _topic(sentences: Sequence[str], elsewhere: Sequence[Sequence[str]]) -> str:
    """The most frequent long word of these sentences, of one that is not elsewhere where there is one."""
    others = {word.lower()[:5] for third in elsewhere for sentence in third for word in words(sentence)}
    counts = Counter(word.lower() for sentence in sentences for word in words(sentence) if word.isalpha())
    known = [word for word in counts if len(word) > 4 and word not in SMALL_WORDS] or list(counts)
    return max(known, key=lambda word: (word[:5] not in others, counts[word], word))


def values_of(name: str, pairs: Sequence[tuple[Case, str]]) -> np.ndarray:
    metric = METRICS[name]()
    found = [metric.measure(case, (Generation(text=text, answer=text),), {}) for case, text in pairs]
    assert all(isinstance(each, Measurement) for each in found), name
    return np.array([each.value for each in found if isinstance(each, Measurement)])


def pooled_auc(good: np.ndarray, spoilt: np.ndarray) -> float:
    order = np.sort(spoilt)
    below, upto = np.searchsorted(order, good, "left"), np.searchsorted(order, good, "right")
    return float((below + upto).mean() / 2 / len(spoilt))


def paired_share(good: np.ndarray, spoilt: np.ndarray) -> float:
    return float(((good > spoilt) + 0.5 * (good == spoilt)).mean())


def figures(good: np.ndarray, spoilt: np.ndarray, rng: np.random.Generator) -> dict[str, float]:
    draws = rng.integers(len(good), size=(_N_RESAMPLES, len(good)))
    low, high = np.quantile([pooled_auc(good[draw], spoilt[draw]) for draw in draws], [0.025, 0.975])
    found = {"pooled": pooled_auc(good, spoilt), "low": low, "high": high, "paired": paired_share(good, spoilt)}
    return {name: round(float(value), 3) for name, value in found.items()}


def measured(
    texts: Sequence[GoodText], seed: int, cases: Mapping[str, Case], names: Sequence[str]
) -> dict[str, object]:
    """Figures by metric and corruption."""
    pool = pool_of(texts)
    spoilt = {
        spoil.__name__: [spoil(text, random.Random(f"{seed} {text.digest}"), pool) for text in texts]
        for spoil in CORRUPTIONS
    }
    rng = np.random.default_rng(seed)
    found: dict[str, object] = {}
    for name in names:
        good = values_of(name, [(cases[text.digest], text.text) for text in texts])
        found[name] = {
            how: figures(good, values_of(name, [(cases[t.digest], s) for t, s in zip(texts, bad, strict=True)]), rng)
            for how, bad in spoilt.items()
        }
    return found


def order_by_kind(texts: Sequence[GoodText], seed: int) -> dict[str, object]:
    """Shares of texts that coherence puts above five shuffles each, by number of sentences and by source."""
    case, shares = Case(case_id="any"), []
    for text in texts:
        rng = random.Random(f"{seed} {text.digest}")
        (good,) = values_of("coherence", [(case, text.text)])
        bad = values_of("coherence", [(case, shuffled(text, rng, Pool((), ()))) for _ in range(5)])
        shares.append(paired_share(np.full(5, good), bad))
    kinds: dict[str, list[float]] = {}
    for text, share in zip(texts, shares, strict=True):
        (band,) = [f"{low} to {high} sentences" for low, high in _BANDS if low <= len(text.sentences) <= high]
        for kind in (band, "documents of the suites" if text.source in SUITES else "docstrings"):
            kinds.setdefault(kind, []).append(share)
    return {kind: {"texts": len(of), "paired": round(float(np.mean(of)), 3)} for kind, of in sorted(kinds.items())}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--half", choices=["reporting", "tuning"], default="reporting")
    parser.add_argument("--sources", choices=["all", "suites"], default="all", help="suites: a fast look at few texts")
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    every = good_texts(suites_only=options.sources == "suites")
    texts = [text for text in every if text.tuning == (options.half == "tuning")]
    blank = {text.digest: Case(case_id=text.digest, prompt="Go on.") for text in texts}
    asking = {text.digest: case_of(text) for text in texts}
    result = {
        "program": "quality_corruptions",
        "half": options.half,
        "texts": len(texts),
        "sentences": sum(len(text.sentences) for text in texts),
        "sources": dict(Counter(text.source for text in texts)),
        "meant": MEANT,
        "meant_beside_itself": MEANT_BESIDE_ITSELF,
        "auc": measured(texts, options.seed, asking, NAMES),
        "blank_prompt": measured(texts, options.seed, blank, READ_THE_PROMPT),
        "order": order_by_kind(texts, options.seed),
    }
    print(json.dumps(result))


if __name__ == "__main__":
    main()
