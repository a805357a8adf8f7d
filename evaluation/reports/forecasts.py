"""Forecasts in words: what is asked in which order, and what it costs, in a table and a sentence or two."""

from collections.abc import Iterator

from evaluation.escaping import one_line
from evaluation.forecasts.costs import Forecast, WorkForecast
from evaluation.forecasts.index_forecasts import IndexForecast
from evaluation.forecasts.scoring_work import ScoringWork
from evaluation.formatting import counted, duration
from evaluation.store.past_speed import PastSpeed

_BASIS = {"weights": "", "candidate": "", "model name": ", other weights of that name"}


def sentences(forecast: Forecast) -> Iterator[str]:
    """Yield sentences about the expected cost, such as `2 model loads, 80 calls, about 3 min`."""
    if not forecast.n_calls:
        taken = f", {forecast.n_reusable:,} of them in earlier runs" if forecast.n_reusable else ""
        yield f"Nothing to ask: {counted(forecast.n_done + forecast.n_reusable, 'outcome')} stored already{taken}."
        return
    yield f"{counted(forecast.n_model_loads, 'model load')}, {counted(forecast.n_calls, 'call')}, {_time(forecast)}."
    yield from map(_index, forecast.indexes)
    if forecast.prompt_tokens is not None:
        yield _tokens(forecast)
    if forecast.n_done:
        yield f"{counted(forecast.n_done, 'outcome')} stored already."
    if forecast.n_reusable:
        yield f"{counted(forecast.n_reusable, 'outcome')} reused from earlier runs."
    if forecast.seconds is not None and forecast.n_loads_untimed:
        yield f"Not included: the time of {counted(forecast.n_loads_untimed, 'load')}, which was never measured."


def _index(index: IndexForecast) -> str:
    """Return how many texts of a corpus are embedded before its cases are asked."""
    chunks = f"chunks of {index.chunk_size:,}" if index.chunk_size > 1 else "chunks of one word"
    corpus = f"corpus {one_line(index.corpus)} in {chunks}: {counted(index.n_passages, 'passage')}"
    work = "nothing to embed" if not index.n_to_embed else f"{counted(index.n_to_embed, 'text')} to embed first"
    counts = [f"{index.n_stored:,} stored already"]
    if index.n_shared:
        counts.append(f"{index.n_shared:,} embedded for another of these indexes")
    rest = "; not among the calls, and their time is not included" if index.n_to_embed else ""
    return f"{corpus}, {work} by {index.embedder} ({', '.join(counts)}){rest}."


def afterwards_sentence(work: ScoringWork) -> str:
    """Return which models are asked after the answers, how often, and for how long."""
    what = f"the {work.need} {work.model} at {work.endpoint} is asked up to {counted(work.n_answers, 'time')}"
    if work.model is None:
        what = f"programs are run for up to {counted(work.n_answers, 'score')}"
    if work.seconds is None or work.pace is None:
        return f"Then {what}, time unknown: too few such scores here yet."
    day = work.pace.newest_at.astimezone().date()
    return f"Then {what}, about {duration(work.seconds)} (from {counted(work.pace.n_scores, 'score')} of {day})."


def forecast_rows(forecast: Forecast) -> Iterator[dict[str, str]]:
    """Yield a row for each candidate on each benchmark at each endpoint, in order."""
    for endpoint in forecast.endpoints:
        for number, load in enumerate(endpoint.loads, start=1):
            for work in load.works:
                yield _row(forecast, work, f"{endpoint.endpoint_name} ({counted(endpoint.slots, 'slot')})", number)


def _row(forecast: Forecast, work: WorkForecast, endpoint: str, number: int) -> dict[str, str]:
    name = work.label if work.further_model is None else f"{work.label} · {work.further_model}"
    row = {"candidate": name, "benchmark": work.benchmark_name, "endpoint": endpoint, "load": str(number)}
    row["cases"] = f"{work.n_cases:,}" + (f" × {work.n_repeats}" if work.n_repeats > 1 else "")
    if forecast.n_done:
        row["stored"] = f"{work.n_done:,}"
    if forecast.n_reusable:
        row["reused"] = f"{work.n_reusable:,}"
    row["calls"] = f"{work.n_calls:,}" + (" (its share)" if work.shared_with else "")
    row["tokens in"] = _about(work.prompt_tokens)
    row["tokens out"] = _about(work.output_tokens)
    row["time"] = "unknown" if work.seconds is None else duration(work.seconds)
    row["estimated from"] = "never asked here" if work.speed is None else _origin(work.speed)
    return row


def _about(count: int | None) -> str:
    return "unknown" if count is None else f"{count:,}"


def _origin(speed: PastSpeed) -> str:
    other = "" if speed.same_benchmark else ", other benchmarks"
    day = speed.newest_at.astimezone().date()
    return f"{counted(speed.n_generations, 'generation')} of {day}{other}{_BASIS[speed.basis]}"


def _time(forecast: Forecast) -> str:
    if forecast.seconds is None:
        return "time unknown: never asked here"
    left_out = (
        f", without {counted(forecast.n_calls_untimed, 'call')} never asked here" if forecast.n_calls_untimed else ""
    )
    return f"about {duration(forecast.seconds)} (from {_origins(forecast)}{left_out})"


def _origins(forecast: Forecast) -> str:
    days = sorted({speed.newest_at.astimezone().date() for speed in forecast.speeds})
    n = sum(speed.n_generations for speed in forecast.speeds)
    span = str(days[0]) if len(days) == 1 else f"{days[0]} to {days[-1]}"
    return f"{counted(n, 'generation')} of {span}"


def _tokens(forecast: Forecast) -> str:
    rough = any(work.prompt_tokens_from_characters and work.n_calls for work in forecast.works)
    words = f"About {forecast.prompt_tokens:,} tokens in" + (" (assuming four characters per token)" if rough else "")
    if forecast.output_tokens is not None:
        words += f" and {forecast.output_tokens:,} out"
    some = any(work.output_tokens is None and work.n_calls for work in forecast.works)
    return words + (", as far as that is known." if some else ".")
