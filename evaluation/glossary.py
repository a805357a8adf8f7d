"""Words of tables and pages in plain words: what a heading, a label of a score or the name of a figure means.

`docs/glossary.md` has the same rows, which a test holds against these.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Term:
    """A word that not everybody knows."""

    word: str
    """As people read it."""
    meaning: str
    names: tuple[str, ...] = ()
    """Other forms in which tables and files have it, such as the name of a field."""


TERMS = (
    Term(
        word="time to first token",
        names=("ttft_s", "first token s", "first token", "TTFT"),
        meaning="Seconds from sending the request until the first piece of the answer arrives.",
    ),
    Term(
        word="time per later token",
        names=("tpot_s", "TPOT"),
        meaning="Mean seconds between two pieces of an answer, once its first one is there.",
    ),
    Term(
        word="latency",
        names=("latency_s", "latency s", "mean latency"),
        meaning="Seconds from sending a request to the last byte of its answer; loading the model is left out.",
    ),
    Term(
        word="s (p95)",
        names=("p95", "latency, 95th percentile"),
        meaning="Seconds within which 95 of 100 answers were there: what the slow ones take.",
    ),
    Term(
        word="tokens/s",
        names=("tokens_per_s",),
        meaning="Output tokens for each second of one answer, counted from its first token.",
    ),
    Term(word="tokens in", names=("prompt_tokens",), meaning="Tokens of the prompt: pieces of words that are read."),
    Term(
        word="tokens out",
        names=("output_tokens",),
        meaning="Tokens of the answer: pieces of words that a model writes.",
    ),
    Term(
        word="headline",
        meaning="The one metric by which the candidates of a run are ranked.",
    ),
    Term(
        word="side",
        meaning="What is compared: a candidate, or several whose scores are averaged case by case.",
    ),
    Term(
        word="pair",
        names=("pairs",),
        meaning="Two sides that answered the same cases; their number is that of the cases with a score of both.",
    ),
    Term(
        word="rank",
        meaning="The best and the worst place that the differences shown to be real leave open.",
    ),
    Term(
        word="letters of groups",
        names=("letters", "groups"),
        meaning="Sides that share a letter cannot be told apart: no difference between them is shown to be real.",
    ),
    Term(
        word="interval",
        names=("difference [95 %]",),
        meaning="Where the true value lies if the cases are a fair sample: 95 of 100 such intervals hold it. With "
        "several pairs it is wider, so that all hold together.",
    ),
    Term(
        word="p",
        meaning="How often a difference at least as large would come by chance, if both sides were equally good.",
    ),
    Term(
        word="p for all pairs",
        names=("p (Holm)", "Holm"),
        meaning="The p-value, made stricter (by Holm's method) since several pairs were tested and one of them may "
        "stand out by chance. It decides the verdict.",
    ),
    Term(
        word="smallest visible difference",
        names=("MDE",),
        meaning="The least true difference that so many cases show in four tries of five (minimum detectable effect). "
        "A smaller one may be there unseen.",
    ),
    Term(
        word="verdict",
        meaning="What follows from the numbers: one is better, both are equivalent, or these cases cannot tell.",
    ),
    Term(
        word="better/worse/equal",
        meaning="Cases on which the first side has the better score, the worse one, and the same one as the second.",
    ),
    Term(
        word="repeat",
        meaning="The same case asked again. Repeats are averaged within their case.",
    ),
    Term(word="seed", meaning="The number that random choices start from; the same seed gives the same choices again."),
    Term(
        word="weights",
        names=("digest",),
        meaning="The numbers of a model, named by the hash that its server gives.",
    ),
    Term(word="answered", meaning="Answers that came, of those that were asked for."),
    Term(
        word="failures",
        names=("failed",),
        meaning="Requests on which a server failed, and answers that the candidate spoiled itself, such as empty ones.",
    ),
    Term(
        word="quantisation",
        meaning="How coarsely the weights are stored: Q4 takes about a quarter of the memory of F16.",
    ),
    Term(word="slots", meaning="Requests that a server answers at once."),
    Term(word="expected", meaning="The quality that decides, drawn together from all that is known of the candidate."),
    Term(word="measured", meaning="The mean over the cases that the candidate was asked."),
    Term(word="quality", meaning="The headline's mean, where 0 is worst and 1 is best."),
    Term(word="cases", names=("case",), meaning="Questions of a benchmark, each with its right answers."),
    Term(
        word="candidate",
        meaning="What is compared: a model with its options, its prompt profile and its way of thinking.",
    ),
    Term(
        word="USD/1,000",
        names=("USD/answer", "cost_usd"),
        meaning="US dollars for 1,000 answers, or for one.",
    ),
    Term(word="J/answer", names=("energy_j",), meaning="Joules of energy that the GPU took for an answer."),
    Term(
        word="marked",
        meaning="The number stood where an answer marks its result: in a LaTeX box, or alone after ####.",
    ),
    Term(word="announced", meaning="The number stood after words that announce a result, such as “the answer is”."),
    Term(
        word="last line",
        names=("last_line",),
        meaning="Nothing announced a result: the number that stood in the last line was taken.",
    ),
    Term(
        word="earlier line",
        names=("earlier_line",),
        meaning="Nothing announced a result and the last line had no number: one of an earlier line was taken.",
    ),
    Term(word="inside a word", names=("inside_word",), meaning="The number was found inside a word or a name only."),
    Term(word="ambiguous", meaning="Several numbers could have been meant, so that none was taken: the score is 0."),
    Term(word="no number", names=("no_number",), meaning="The answer has no number, so that the score is 0."),
)

_BY_NAME = {name.casefold(): term for term in TERMS for name in (term.word, *term.names)}


def term_of(text: str) -> Term | None:
    """Return what explains a heading or a label; None where nothing does."""
    return _BY_NAME.get(text.strip().rstrip("* ").casefold())
