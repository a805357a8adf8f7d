"""The request of a sweep: the parameters of `sweep`, identical in form and command."""

import shlex
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any, Literal, Self

from pydantic import ConfigDict, Field, model_validator

from evaluation.candidate import DEFAULT_NUM_PREDICT
from evaluation.case import Benchmark, Case
from evaluation.errors import ConfigurationError
from evaluation.files.allowed_files import are_files_elsewhere
from evaluation.fingerprint import fingerprint
from evaluation.options import OPTIONS, load_options
from evaluation.quality_metrics import QUALITIES
from evaluation.requests.evaluation_request import CandidateRequest, EvaluationRequest, as_word, parse_options
from evaluation.requests.pipeline_words import (
    OF_EVERY_CANDIDATE,
    PIPELINE,
    in_words,
    pipelines_with,
    reads_a_file,
    refuse_options_of_swept,
    swept_kinds,
    with_example,
)
from evaluation.requests.request_model import OneOrMore, RequestModel, checked_request
from evaluation.requests.whole_paths import swept_at
from evaluation.sweeps.designs import Design, combinations
from evaluation.sweeps.space import MODEL, PROFILE, Combination, Parameter, parse_parameters

ABOUT = "`benchwright sweep --help` lists the options."
PROMPT_METRICS = ("overall_quality", *QUALITIES)
"""Metrics for a single prompt, which has no reference."""


class SweepRequest(RequestModel):
    """Which parameters are swept over which values, for which models, on which cases."""

    model_config = ConfigDict(frozen=True, extra="forbid", title="Sweep")

    evaluation: EvaluationRequest = Field(
        description="Models, one benchmark, and the options of the evaluation. With several models, each is tried."
    )
    parameters: OneOrMore[str] = Field(
        default=[], description="`temperature=0.1:1.0:0.1`, `top_p=0.5,0.9`, `profile=plain,concise`."
    )
    design: Literal["grid", "random", "latin"] = Field(
        default="grid", description="grid: all combinations; random: a random sample; latin: an evenly spread sample."
    )
    samples: int | None = Field(default=None, ge=1, description="Number of combinations; a grid has all.")
    prompt: str | None = Field(default=None, description="A single prompt without a reference, instead of a benchmark.")

    @model_validator(mode="before")
    @classmethod
    def _completed(cls, fields: Any) -> Any:
        """Complete the fields: a single prompt takes the place of the benchmark, and `model=a,b` names the models."""
        if not isinstance(fields, Mapping) or not isinstance(evaluation := fields.get("evaluation"), Mapping):
            return fields
        evaluation_fields = dict(evaluation)
        refuse_options_of_swept(_words(evaluation.get("options")), _words(fields.get("parameters")))
        if isinstance(prompt := fields.get("prompt"), str):
            name = prompt_benchmark(prompt).name
            if evaluation_fields.get("benchmarks") not in (None, [], [name]):
                raise ValueError("a sweep takes a benchmark or a prompt: give one of them")
            evaluation_fields["benchmarks"] = [name]
        if not evaluation_fields.get("benchmarks"):
            raise ValueError("a sweep needs a benchmark (--benchmark), or a single prompt (--prompt)")
        if not evaluation_fields.get("models") and not evaluation_fields.get("candidates"):
            evaluation_fields["models"] = _models_among(fields.get("parameters"))
        return {**fields, "evaluation": evaluation_fields}

    @model_validator(mode="after")
    def _is_a_sweep(self) -> "SweepRequest":
        if self.evaluation.candidates:
            raise ValueError("a sweep makes its candidates itself: give --model and --param, and no --candidate")
        if self.evaluation.system is not None:
            raise ValueError("a sweep takes no --system: store a profile, and give --profile or --param profile=…")
        if len(self.evaluation.benchmarks) != 1:
            raise ValueError(f"a sweep takes one benchmark, and {len(self.evaluation.benchmarks)} are given")
        if self.evaluation.spread > 1:
            raise ValueError(
                "a sweep analyses results as they arrive, and cannot be spread over workers: leave spread out"
            )
        if self.prompt is not None and not self.prompt.strip():
            raise ValueError("the prompt is empty")
        swept = self.all_parameters()
        if not swept:
            raise ValueError("no parameter to sweep: give --param NAME=VALUES, or several --model")
        self._refuse_fixed({parameter.name for parameter in swept})
        return self

    def with_whole_paths(self, folder: Path | None = None) -> Self:
        """Return the request with absolute paths in its evaluation and its parameters."""
        evaluation = self.evaluation.with_whole_paths(folder)
        options, parameters = swept_at(evaluation.options, self.parameters, folder)
        evaluation = evaluation.model_copy(update={"options": options})
        return self.model_copy(update={"evaluation": evaluation, "parameters": parameters})

    def refuse_impossible(self) -> None:
        """Refuse combinations that are no candidates, and what the evaluation of all refuses."""
        if not (are_files_elsewhere() and reads_a_file((*self.evaluation.options, *self.parameters))):
            self.refuse_bad_combinations().refuse_impossible()

    def refuse_bad_combinations(self) -> EvaluationRequest:
        """Return the evaluation request for all combinations, each of which is a candidate.

        Raises:
            ConfigurationError: an option without its pipeline, one that does not exist or has a bad value.
        """
        _refuse_without_pipeline(self)
        return self.evaluation_of_all()

    def _refuse_fixed(self, swept: Collection[str]) -> None:
        """Refuse an option that is both swept and fixed."""
        fixed = dict.fromkeys(parse_options(self.evaluation.options), "--option")
        if self.evaluation.profile is not None:
            fixed[PROFILE] = "--profile"
        for name, option in fixed.items():
            if name in swept:
                raise ValueError(f"{name} is swept, and fixed by {option} too: give one of them")

    @property
    def fields(self) -> dict[str, Any]:
        """The requested fields as plain JSON; those that have their default are left out."""
        return self.model_dump(mode="json", exclude_defaults=True)

    def all_parameters(self) -> tuple[Parameter, ...]:
        """Return the swept parameters; several models are a parameter too, the first one.

        Raises:
            ConfigurationError: an invalid parameter.
        """
        parameters = parse_parameters(self.parameters, swept_kinds(self.evaluation.options, self.parameters))
        models = tuple(dict.fromkeys(self.evaluation.models))
        named = next((parameter.values for parameter in parameters if parameter.name == MODEL), None)
        if named is not None and not set(models) <= set(named):
            raise ConfigurationError(
                f"models are given by --model ({', '.join(models)}) and by --param model=… ({', '.join(named)})",
                "Give all of them in one place.",
            )
        if named is not None or len(models) < 2:
            return parameters
        return (Parameter(name=MODEL, values=models), *parameters)

    def combinations(self) -> tuple[Combination, ...]:
        """Return the combinations to try, in an order in which no server loads a model twice.

        Raises:
            ConfigurationError: a space that cannot be tried so.
        """
        parameters = self.all_parameters()
        unordered = combinations(parameters, Design(self.design), n_samples=self.samples, seed=self.evaluation.seed)
        loads = [_loads(combination) for combination in unordered]
        models: dict[Any, int] = {}
        first: dict[Any, int] = {}
        for place, (combination, load) in enumerate(zip(unordered, loads, strict=True)):
            models.setdefault(combination.get(MODEL), place)
            first.setdefault(load, place)
        order = sorted(
            range(len(unordered)), key=lambda place: (models[unordered[place].get(MODEL)], first[loads[place]])
        )
        return tuple(unordered[place] for place in order)

    def candidates(self) -> tuple[CandidateRequest, ...]:
        """Return the candidate of each combination, in the same order.

        Raises:
            ConfigurationError: an option that does not exist or has a bad value.
        """
        return tuple(self._candidate(combination) for combination in self.combinations())

    def _candidate(self, combination: Combination) -> CandidateRequest:
        words = {name: as_word(value) for name, value in combination.items() if name != MODEL}
        fixed = dict(word.split("=", 1) for word in self.evaluation.options)
        options = parse_options([f"{name}={value}" for name, value in {**fixed, **words}.items()])
        model = str(combination.get(MODEL, self.evaluation.models[0]))
        return CandidateRequest.of_options(model, options, profile=self.evaluation.profile)

    def evaluation_of_all(self) -> EvaluationRequest:
        """Return the evaluation request for all combinations.

        Raises:
            ConfigurationError: an option that does not exist or has a bad value.
        """
        texts = [candidate.as_text() for candidate in self.candidates()]
        return self.evaluation.model_copy(update={"models": [], "options": [], "profile": None, "candidates": texts})


def _words(field: Any) -> list[str]:
    """Return the `key=value` words of a field that is not validated yet; those that cannot be read are left out."""
    if isinstance(field, Mapping):
        return [f"{key}={value}" for key, value in field.items()]
    texts = [field] if isinstance(field, str) else field if isinstance(field, list | tuple) else []
    return [text for text in texts if isinstance(text, str)]


def _models_among(parameters: Any) -> list[str]:
    """Return the models that a parameter `model=a,b` names.

    Empty where the parameters cannot be read, which is reported later.
    """
    named = [text for text in _words(parameters) if text.partition("=")[0].strip() == MODEL]
    return [str(value) for parameter in parse_parameters(named) for value in parameter.values]


def _loads(combination: Combination) -> tuple[Any, str]:
    """Return the model, and what would load it again."""
    return combination.get(MODEL), fingerprint(load_options(combination))


def read_sweep_request(fields: Mapping[str, Any], *, source: str = "the command line") -> SweepRequest:
    """Return the validated request.

    Raises:
        ConfigurationError: names each field, its value and what is allowed.
    """
    request = checked_request(SweepRequest, fields, source=source, about=ABOUT)
    request.refuse_bad_combinations()
    return request


def _refuse_without_pipeline(request: SweepRequest) -> None:
    """Refuse a parameter of pipelines where no pipeline is named, with the command that names one.

    Raises:
        ConfigurationError: names the pipelines that have it.
    """
    named = {word.partition("=")[0].strip() for word in (*request.evaluation.options, *request.parameters)}
    swept = [parameter.name for parameter in request.all_parameters()]
    own = [name for name in swept if name not in (*OPTIONS, MODEL, *OF_EVERY_CANDIDATE)]
    having = pipelines_with(own[0]) if own else []
    if PIPELINE in named or not having:
        return
    all_of_them = [name for name in having if all(name in pipelines_with(option) for option in own)] or having
    choices = [with_example(name, without=named) for name in all_of_them]
    others = f", or with {' or '.join(f'`{choice}`' for choice in choices[1:])} as options" if choices[1:] else ""
    raise ConfigurationError(
        f"parameter {own[0]!r} is an option of {in_words(having)}, and no pipeline is named",
        f"`{_command(request, choices[0])}`{others}",
    )


def _command(request: SweepRequest, pipeline: str) -> str:
    """Return the command of a sweep with further options that name a pipeline."""
    evaluation = request.evaluation
    words = [("--benchmark", name) for name in evaluation.benchmarks if request.prompt is None]
    words += [("--prompt", request.prompt)] if request.prompt is not None else []
    words += [("--model", name) for name in evaluation.models]
    words += [("--option", option) for option in (*pipeline.split(), *evaluation.options)]
    words += [("--param", parameter) for parameter in request.parameters]
    return " ".join(["benchwright sweep", *(f"{option} {shlex.quote(value)}" for option, value in words)])


def refuse_equal_combinations(n_combinations: int, n_candidates: int) -> None:
    """Refuse a sweep in which two combinations would be the same to the servers.

    Raises:
        ConfigurationError: there are fewer candidates than combinations.
    """
    if n_candidates < n_combinations:
        raise ConfigurationError(
            f"of {n_combinations:,} combinations only {n_candidates:,} differ for the servers: some values are "
            "equivalent, such as two names of one model",
            "Leave out one of each two equivalent values.",
        )


def prompt_benchmark(prompt: str) -> Benchmark:
    """Return a benchmark of one case, the single prompt, named by its content."""
    case = Case(case_id="prompt", prompt=prompt)
    return Benchmark(
        name=f"prompt-{fingerprint(prompt)[:8]}",
        task_type="generation",
        cases=(case,),
        options={"num_predict": DEFAULT_NUM_PREDICT},
        metrics=PROMPT_METRICS,
        headline=PROMPT_METRICS[0],
        description="A single prompt without a reference.",
        source="a prompt",
    )
