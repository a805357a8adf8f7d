"""How well does self-consistency's confidence say how often another sample agrees with its answer?

Each simulated question has a distribution over answers, so that the chance that one more sample agrees with the winner
of a vote is known. Sixteen populations of questions, none made for an estimate: few and many possible answers
(Dirichlet), difficulty that varies from question to question, one answer against scattered errors, a slowly falling
tail (Zipf).

`methods`: the expected calibration error over ten bins of confidence, its mean and its largest value over the
populations, for the share and for corrections of it; `pipeline` is what the pipeline itself says. `by_population` has
the pipeline's error in each. `one_population`: five answers, Dirichlet .3, with the pipeline's confidence, the share of
right answers where the truth follows the model's own distribution, and where the model is misled in a share of
questions, of which no vote can know. `reliability`: bins of the pipeline's confidence over all populations, each with
its questions, mean confidence and chance.
"""

import argparse
import json
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

sys.path.insert(0, str(Path(__file__).parents[2]))

from evaluation.case import Benchmark, Case
from evaluation.generation import Generation
from evaluation.pipelines.pipeline import PipelineInput
from evaluation.pipelines.self_consistency import SelfConsistency
from evaluation.pipelines.stages import ModelReply
from evaluation.pipelines.walk import Walk

BENCHMARK = Benchmark(name="population", task_type="reasoning", cases=())
CASE = Case(case_id="a", prompt="?")
SAMPLES = (3, 5, 10, 20, 40)
Numbers = NDArray[np.float64]
Draw = Callable[[np.random.Generator, int], Numbers]
"""Returns the distribution over answers of each of so many questions, one a row."""


def dirichlet(n_answers: int, parameter: float) -> Draw:
    """Return a population of equally varied questions."""
    return lambda rng, n: rng.dirichlet(np.full(n_answers, parameter), n)


def of_any_difficulty(n_answers: int) -> Draw:
    """Return a population whose questions range from always the same answer to nearly any."""

    def draw(rng: np.random.Generator, n: int) -> Numbers:
        parameters = np.exp(rng.uniform(np.log(0.02), np.log(5), n))
        weights = rng.standard_gamma(np.repeat(parameters[:, None], n_answers, axis=1)) + 1e-300
        return np.asarray(weights / weights.sum(axis=1, keepdims=True))

    return draw


def one_against(n_others: int, a: float, b: float) -> Draw:
    """Return a population with one answer whose chance is Beta(a, b), and others that share the rest equally."""

    def draw(rng: np.random.Generator, n: int) -> Numbers:
        first = rng.beta(a, b, n)[:, None]
        return np.hstack([first, np.repeat((1 - first) / n_others, n_others, axis=1)])

    return draw


def zipf(n_answers: int) -> Draw:
    """Return a population whose answers fall off by rank, in each question faster or slower."""

    def draw(rng: np.random.Generator, n: int) -> Numbers:
        weights = np.arange(1, n_answers + 1)[None, :] ** -rng.uniform(0.3, 3, n)[:, None]
        return np.asarray(weights / weights.sum(axis=1, keepdims=True))

    return draw


POPULATIONS: Mapping[str, Draw] = {
    "2 answers, Dirichlet .5": dirichlet(2, 0.5),
    "4 answers, Dirichlet .1": dirichlet(4, 0.1),
    "4 answers, Dirichlet 1": dirichlet(4, 1.0),
    "5 answers, Dirichlet .3": dirichlet(5, 0.3),
    "20 answers, Dirichlet .05": dirichlet(20, 0.05),
    "100 answers, Dirichlet .02": dirichlet(100, 0.02),
    "100 answers, Dirichlet .3": dirichlet(100, 0.3),
    "4 answers, any difficulty": of_any_difficulty(4),
    "30 answers, any difficulty": of_any_difficulty(30),
    "one against 3, Beta(2, 2)": one_against(3, 2, 2),
    "one against 4, Beta(.4, .4)": one_against(4, 0.4, 0.4),
    "one against 300, Beta(1, 1)": one_against(300, 1, 1),
    "one against 300, Beta(4, 1)": one_against(300, 4, 1),
    "one against 300, Beta(1, 3)": one_against(300, 1, 3),
    "4 answers, Zipf": zipf(4),
    "50 answers, Zipf": zipf(50),
}


def pairs(counts: Sequence[int], n: int) -> float:
    """Return the share of the other samples that agree with one of the winner's."""
    return (max(counts) - 1) / (n - 1)


def good_turing(counts: Sequence[int], n: int) -> float:
    """Return the share, less the mass of answers not seen (Good 1953)."""
    return max(counts) / n * (1 - sum(count == 1 for count in counts) / n)


def one_more(counts: Sequence[int], n: int) -> float:
    """Return the share with one more sample that disagrees: a Dirichlet process of strength 1."""
    return max(counts) / (n + 1)


def half_for_each(counts: Sequence[int], n: int) -> float:
    """Return the posterior mean with half a sample for each answer seen, and for one that was not."""
    return (max(counts) + 0.5) / (n + 0.5 * (len(counts) + 1))


OTHERS: Mapping[str, Callable[[Sequence[int], int], float]] = {
    "share": lambda counts, n: max(counts) / n,
    "pairs": pairs,
    "good_turing": good_turing,
    "one_more": one_more,
    "half_for_each": half_for_each,
}


def vote(answers: Sequence[int]) -> tuple[int, float]:
    """Return the answer and the confidence of the pipeline on these samples."""
    pipeline = SelfConsistency(n=len(answers), extractor="text")
    walk = Walk(pipeline, PipelineInput(case=CASE, benchmark=BENCHMARK))
    texts = [f"answer{answer}" for answer in answers]
    walk.feed([ModelReply(generation=Generation(answer=text, text=text)) for text in texts])
    if walk.result is None or walk.result.confidence is None:
        raise RuntimeError("the pipeline asks more than its samples")
    return int(walk.result.answer.removeprefix("answer")), walk.result.confidence


def votes(draw: Draw, n: int, n_questions: int, rng: np.random.Generator) -> tuple[dict[str, Numbers], Numbers]:
    """Return each method's confidence in the pipeline's answers, and the chance that one more sample agrees."""
    said = {name: np.empty(n_questions) for name in ("pipeline", *OTHERS)}
    truth = np.empty(n_questions)
    for question, shares in enumerate(draw(rng, n_questions)):
        samples = rng.choice(len(shares), p=shares / shares.sum(), size=n)
        answer, said["pipeline"][question] = vote(samples.tolist())
        counts = np.unique(samples, return_counts=True)[1].tolist()
        for name, method in OTHERS.items():
            said[name][question] = method(counts, n)
        truth[question] = shares[answer]
    return said, truth


def binned(confidence: Numbers, truth: Numbers) -> list[tuple[int, float, float]]:
    """Return the questions, mean confidence and mean truth of each of ten bins that holds any."""
    bins = np.minimum((confidence * 10).astype(int), 9)
    places = [bins == place for place in range(10)]
    return [
        (int(here.sum()), float(confidence[here].mean()), float(truth[here].mean())) for here in places if here.any()
    ]


def calibration_error(confidence: Numbers, truth: Numbers) -> float:
    """Return the expected calibration error: the mean gap between confidence and truth over the bins."""
    return sum(n * abs(mean - true) for n, mean, true in binned(confidence, truth)) / len(truth)


def rounded(value: float | np.floating[Any]) -> float:
    """Return a value with three digits behind the point."""
    return round(float(value), 3)


def over_populations(n: int, n_questions: int, seed: int) -> tuple[dict[str, Any], dict[str, float], list[Any]]:
    """Return the errors by method and by population, and the pipeline's bins over all populations."""
    errors: dict[str, list[float]] = {name: [] for name in ("pipeline", *OTHERS)}
    every: list[tuple[Numbers, Numbers]] = []
    for place, draw in enumerate(POPULATIONS.values()):
        said, truth = votes(draw, n, n_questions, np.random.default_rng([seed, n, place]))
        for name, confidence in said.items():
            errors[name].append(calibration_error(confidence, truth))
        every.append((said["pipeline"], truth))
    by_method = {
        name: {"mean": rounded(np.mean(values)), "largest": rounded(max(values))} for name, values in errors.items()
    }
    by_population = {name: rounded(error) for name, error in zip(POPULATIONS, errors["pipeline"], strict=True)}
    confidence, truth = (np.concatenate(parts) for parts in zip(*every, strict=True))
    reliability = [(count, rounded(mean), rounded(true)) for count, mean, true in binned(confidence, truth)]
    return by_method, by_population, reliability


def in_one_population(n: int, n_questions: int, wrong: float, seed: int) -> dict[str, float]:
    """Return the pipeline's mean confidence and the share of right answers where the model is misled in some."""
    said, truth = votes(dirichlet(5, 0.3), n, n_questions, np.random.default_rng([seed, n, 99]))
    right = truth * (1 - wrong)
    return {
        "confidence": rounded(said["pipeline"].mean()),
        "share": rounded(said["share"].mean()),
        "right": rounded(right.mean()),
        "error": rounded(calibration_error(said["pipeline"], right)),
        "error_of_share": rounded(calibration_error(said["share"], right)),
    }


def main() -> None:
    """Print the calibration as one line of JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--questions", type=int, default=4_000, help="questions of each population")
    parser.add_argument("--wrong", type=float, default=0.1, help="share of questions on which the model is misled")
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    measured = {n: over_populations(n, options.questions, options.seed) for n in SAMPLES}
    figures = {
        "program": "confidence_calibration",
        "questions": options.questions,
        "methods": {n: each[0] for n, each in measured.items()},
        "by_population": {n: each[1] for n, each in measured.items()},
        "reliability": {n: each[2] for n, each in measured.items()},
        "one_population": {
            kind: {n: in_one_population(n, options.questions, wrong, options.seed) for n in SAMPLES}
            for kind, wrong in (("honest", 0.0), ("misled", options.wrong))
        },
    }
    print(json.dumps(figures))


if __name__ == "__main__":
    main()
