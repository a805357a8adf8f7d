"""A model's card: how fast it answered prompts of different lengths, and what changed when."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import fmean, median

import numpy as np

from evaluation.charts.chart import IntervalChart, IntervalRow, PlottedNumber
from evaluation.formatting import counted, measured, seconds
from evaluation.metrics.speed import tokens_per_s
from evaluation.stats.intervals import mean_estimate
from evaluation.store.model_use import ModelUse

LIMITS = (128, 512, 2_048, 8_192, 32_768)
"""Tokens of prompts at which the next class begins."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SpeedByPrompt:
    """How fast a model answered prompts of similar length."""

    words: str
    n_answers: int
    wait_s: float
    """Median seconds of an answer."""
    rate: PlottedNumber | None
    """Mean tokens a second after the first one, with its interval over answers; None: not reported."""


def speeds_by_prompt(rows: Iterable[tuple[int, int | None, float | None, float]]) -> tuple[SpeedByPrompt, ...]:
    """Return the speed by length of prompts, the shortest first.

    Args:
        rows: Tokens of prompt and answer, seconds of generation and in total.
    """
    groups = defaultdict[int, list[tuple[float | None, float]]](list)
    for prompt_tokens, output_tokens, generating, total in rows:
        place = int(np.searchsorted(LIMITS, prompt_tokens, side="right"))
        groups[place].append((tokens_per_s(output_tokens, generating), total))
    return tuple(
        SpeedByPrompt(
            words=_words(place),
            n_answers=len(of_class),
            wait_s=median(total for _, total in of_class),
            rate=_rate([rate for rate, _ in of_class if rate is not None]),
        )
        for place, of_class in sorted(groups.items())
    )


def _words(place: int) -> str:
    if place == 0:
        return f"under {LIMITS[0]:,} tokens"
    if place == len(LIMITS):
        return f"{LIMITS[-1]:,} tokens or more"
    return f"{LIMITS[place - 1]:,} to {LIMITS[place] - 1:,} tokens"


def _rate(rates: Sequence[float]) -> PlottedNumber | None:
    if not rates:
        return None
    if len(rates) < 2:
        return PlottedNumber(value=fmean(rates))
    estimate = mean_estimate(rates, value_range=(0.0, float("inf")))
    return PlottedNumber(value=estimate.value, low=estimate.low, high=estimate.high)


def speed_chart(model: str, speeds: Sequence[SpeedByPrompt]) -> IntervalChart | None:
    """Return the tokens a second by length of prompts; None where no server reported them."""
    rows = [
        IntervalRow(
            label=each.words,
            number=each.rate,
            shown=f"{measured(each.rate.value)} ({counted(each.n_answers, 'answer')})",
        )
        for each in speeds
        if each.rate is not None
    ]
    if not rows:
        return None
    return IntervalChart(
        title=f"Speed by length of the prompt · {model}",
        description="Tokens a second after the first one, for short and for long prompts",
        rows=tuple(rows),
        x_title="tokens a second after the first, mean with 95 % interval over answers",
        x_range=(0.0, float("inf")),
    )


def speed_rows(speeds: Sequence[SpeedByPrompt]) -> list[dict[str, str]]:
    """Return a row for each length of prompts."""
    return [
        {
            "prompt": each.words,
            "answers": f"{each.n_answers:,}",
            "median answer": seconds(each.wait_s),
            "tokens a second": "–" if each.rate is None else measured(each.rate.value),
        }
        for each in speeds
    ]


def change_lines(uses: Sequence[ModelUse]) -> list[str]:
    """Return what was different from one use on a server to the next, the newest first.

    Args:
        uses: The newest first.
    """
    by_server = defaultdict[str, list[ModelUse]](list)
    for use in reversed(uses):
        by_server[use.endpoint].append(use)
    changes = [
        (now.created_at, f"{now.created_at:%Y-%m-%d %H:%M} UTC on {name}: {text}")
        for name, of_server in by_server.items()
        for before, now in pairwise(of_server)
        for text in _changes(before, now)
    ]
    return [line for _, line in sorted(changes, reverse=True)]


def _changes(before: ModelUse, now: ModelUse) -> list[str]:
    pairs = (
        ("weights", before.digest, now.digest),
        ("version of the server", before.server_version, now.server_version),
    )
    return [
        f"other {what}, {_short(was)} → {_short(is_now)}"
        for what, was, is_now in pairs
        if was and is_now and was != is_now
    ]


def _short(text: str) -> str:
    return text.removeprefix("sha256:")[:12]
