"""Findings of a sweep as sentences: the effect of each parameter, and the values that may be the best."""

from evaluation.errors import as_sentence
from evaluation.formatting import coefficient, counted, listed, p_value, percent, score
from evaluation.reports.sweeps.wording import is_narrowed, level_words, mean_words, range_words, words_of
from evaluation.results.estimates import shown_estimate
from evaluation.results.sweeps import EffectResult, SweepResult, SweptMetric
from evaluation.sweeps.effect_tests import MIN_UNITS
from evaluation.sweeps.findings import Level


def sweep_sentences(sweep: SweepResult) -> list[str]:
    """Return the findings on the headline, one sentence each, the most important first; each rests on a test."""
    if not sweep.metrics:
        return [f"{sweep.headline} is computed from all cases together, and is not analysed by parameter."]
    metric = sweep.metrics[0]
    return [
        _first_sentence(metric),
        *(sentence for effect in metric.effects for sentence in _of_effect(metric, effect)),
        *_of_interactions(metric),
        _of_combinations(metric),
        *(f"{name} has scores of one value only, so nothing can be concluded about it." for name in metric.constant),
        *(f"Note: {as_sentence(note)}" for note in metric.notes),
        *(f"Note: {as_sentence(note)}" for note in sweep.as_asked),
        *_only_this_prompt(sweep),
    ]


def other_metric_lines(sweep: SweepResult) -> list[str]:
    """Return one sentence of findings for each metric besides the headline."""
    return [_first_sentence(metric) for metric in sweep.metrics[1:]]


def _first_sentence(metric: SweptMetric) -> str:
    if not any(effect.p_value is not None for effect in metric.effects):
        return f"No conclusion about the parameters' effect on {metric.metric}: {_why_untested(metric)}."
    shown = [effect for effect in metric.effects if effect.is_shown]
    evidence = counted(metric.n_units, metric.unit)
    if not shown:
        names = listed([effect.name for effect in metric.effects])
        return f"No effect found: {evidence} show no difference in {metric.metric} between values of {names}."
    narrowed = [effect for effect in shown if is_narrowed(effect)]
    if not narrowed:
        names = listed([effect.name for effect in shown])
        verb = "makes" if len(shown) == 1 else "make"
        return f"{names} {verb} a difference in {metric.metric}, but {evidence} do not tell which values are best."
    choices = listed([f"{effect.name} {range_words(effect)}" for effect in narrowed])
    return f"Best for {metric.metric}, as far as {evidence} can tell: {choices}."


def _why_untested(metric: SweptMetric) -> str:
    scored = [combination for combination in metric.combinations if combination.value is not None]
    if len(scored) < len(metric.combinations):
        return f"{len(scored):,} of {counted(len(metric.combinations), 'combination')} have scores"
    if not metric.effects:
        return "each has one value only"
    if metric.unit != "answer" and metric.n_units < MIN_UNITS:
        return f"{counted(metric.n_units, metric.unit)} are too few"
    of = counted(metric.n_units, metric.unit)
    return f"{of} of {counted(len(scored), 'combination')} cannot separate the parameters"


def _of_effect(metric: SweptMetric, effect: EffectResult) -> list[str]:
    if effect.p_adjusted is None:
        return []
    p = p_value(effect.p_adjusted)
    if not effect.is_shown:
        return [
            f"{effect.name}: no effect found ({p}; the means of its values differ by up to "
            f"{score(effect.spread)}{_would_have_been_found(effect)})."
        ]
    ends = ", ".join(f"{level_words(level)} has {mean_words(level)}" for level in _extremes(metric, effect))
    sentences = [f"{effect.name} matters ({p}): {ends}; {_why(effect)}."]
    return [*sentences, *_trend(metric, effect)]


def _trend(metric: SweptMetric, effect: EffectResult) -> list[str]:
    """Return whether the metric rises or falls with a parameter, in words; empty where it does neither."""
    correlation, p = effect.correlation, effect.p_correlation
    if correlation is None or p is None or not _goes_one_way(metric, effect, correlation, p):
        return []
    goes = "rises" if correlation > 0 else "falls"
    return [
        f"{metric.metric} {goes} with {effect.name} (Spearman {coefficient(correlation, signed=True)}, {p_value(p)})."
    ]


def _would_have_been_found(effect: EffectResult) -> str:
    """Return what could have been found: no finding does not prove that there is no effect."""
    if effect.detectable is None:
        return ""
    what = "a steady rise or fall" if effect.is_numeric else "a difference between two of them"
    return f"; {what} of {score(effect.detectable)} would have been found 4 times in 5"


def _goes_one_way(metric: SweptMetric, effect: EffectResult, correlation: float, p: float) -> bool:
    """Return True where a trend is shown and its ends have the lowest and the highest mean, which rules out a curve."""
    if p >= 1 - metric.confidence_level:
        return False
    values = [level.value for level in effect.levels]
    ends = values if correlation > 0 else values[::-1]
    return bool(ends[0] == min(values) and ends[-1] == max(values))


def _why(effect: EffectResult) -> str:
    """Return why this range is recommended."""
    left_out = [level for level in effect.levels if not level.may_be_best]
    if not left_out:
        return "no single value is shown to be worse than another"
    return f"shown to be worse than another value: {listed([level_words(level) for level in left_out])}"


def _extremes(metric: SweptMetric, effect: EffectResult) -> tuple[Level, Level]:
    ordered = sorted(effect.levels, key=lambda level: float(level.value), reverse=metric.higher_is_better)
    return ordered[0], ordered[-1]


def _of_interactions(metric: SweptMetric) -> list[str]:
    tested = [interaction for interaction in metric.interactions if interaction.p_adjusted is not None]
    shown = [interaction for interaction in tested if interaction.is_shown]
    if shown:
        return [
            f"{interaction.first} and {interaction.second} interact ({p_value(interaction.p_adjusted)}): the best "
            "value of one depends on the other, so choose among the combinations below."
            for interaction in shown
        ]
    return ["No interaction between two parameters is shown."] if tested else []


def _of_combinations(metric: SweptMetric) -> str:
    scored = [combination for combination in metric.combinations if combination.value is not None]
    if not scored:
        return "No combination has a score."
    best, n_all, n_possible = scored[0], len(scored), metric.n_may_be_best
    if n_all == 1:
        return f"One combination has scores, {words_of(best.combination)}: {shown_estimate(best)}."
    word = "highest" if metric.higher_is_better else "lowest"
    n_alike = sum(combination.value == best.value for combination in scored) - 1
    alike = f", and {n_alike:,} more the same" if n_alike else ""
    lead = f"The {word} mean has {words_of(best.combination)}: {shown_estimate(best)}{alike}."
    if n_possible == 1:
        others = "the other one" if n_all == 2 else f"each of the other {n_all - 1:,}"
        return f"{lead} It is shown to be better than {others}."
    if n_possible == n_all:
        return f"{lead} None of the {n_all:,} combinations is shown to be worse than another: each may be the best."
    return (
        f"{lead} {n_possible:,} of {counted(n_all, 'combination')} may be the best: with "
        f"{percent(metric.confidence_level)} confidence the best one is among them."
    )


def _only_this_prompt(sweep: SweepResult) -> list[str]:
    if sweep.n_cases != 1:
        return []
    return ["All of this holds for this one prompt only."]
