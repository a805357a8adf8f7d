"""JSON schema metric: whether the answer's JSON conforms to its schema."""

import json
from dataclasses import dataclass
from typing import Any, ClassVar

from evaluation.case import Case
from evaluation.errors import ConfigurationError
from evaluation.formatting import excerpt
from evaluation.generation import Generation
from evaluation.metrics.bounded_schema import BoundedSchema, SchemaFaultError, TooMuchWorkError, bounded_schema
from evaluation.metrics.bounded_search import PatternTimeoutError
from evaluation.metrics.json_answers import NOT_JSON, find_json
from evaluation.metrics.metric import AnswerMetric
from evaluation.scores import Measurement, ScoreFailure


@dataclass(frozen=True, kw_only=True)
class JsonSchema(AnswerMetric):
    """1 where the answer's JSON follows the schema of its case, else 0.

    The schema is the `schema` option, else `schema` in the case's details, of the draft that its `$schema` names, else
    2020-12. The JSON is found as by `json_valid`, and the label says where. The rationale names the first violation and
    its place. Nothing is ever fetched: a schema that refers to another document is refused.
    """

    name: ClassVar[str] = "json_schema"
    unit: ClassVar[str] = "fraction"
    formula: ClassVar[str] = "1 if JSON is found and has no violation of the schema, else 0"
    source: ClassVar[str] = "JSON Schema, drafts 3 to 2020-12; the jsonschema package"
    blind_spots: ClassVar[str] = (
        "One wrong field counts like an unreadable answer; `format` is not checked; whether the values are true is "
        "not asked."
    )

    schema: str = ""
    """A JSON schema as JSON text for all cases; if empty, each case has its own."""
    strict: bool = False
    """Require the whole answer to be JSON: a fenced block is not accepted."""

    def __post_init__(self) -> None:
        """Refuse a schema that cannot be used."""
        if self.schema:
            try:
                bounded_schema(self.schema)
            except SchemaFaultError as error:
                raise ConfigurationError(
                    f"json_schema: the schema {excerpt(self.schema, 80)!r} {error}",
                    next_step="Give a JSON schema as JSON text",
                ) from error

    def problem(self, case: Case) -> str | None:
        """Say that the case has no schema, or what is wrong with it."""
        if not self.schema and "schema" not in case.details:
            return "has no `schema` in its details, and no schema option is given"
        try:
            self._schema_of(case)
        except SchemaFaultError as error:
            return f"has a schema that {error}"
        return None

    def measure_answer(self, case: Case, generation: Generation) -> Measurement | ScoreFailure | None:
        if not self.schema and "schema" not in case.details:
            return None
        json_answer = find_json(generation.answer, strict=self.strict)
        if isinstance(json_answer, str):
            return Measurement(value=0.0, label=NOT_JSON, rationale=json_answer)
        try:
            violation = self._schema_of(case).first_violation(json_answer.value)
        except SchemaFaultError as error:
            return ScoreFailure(kind="schema_unusable", message=f"the schema {error}")
        except (PatternTimeoutError, TooMuchWorkError) as error:
            return ScoreFailure(kind="timed_out", message=str(error))
        return Measurement(value=float(violation is None), label=json_answer.place, rationale=violation)

    def _schema_of(self, case: Case) -> BoundedSchema:
        schema: Any = self.schema or case.details["schema"]
        try:
            return bounded_schema(schema if isinstance(schema, str) else json.dumps(schema))
        except RecursionError:
            raise SchemaFaultError("is nested too deeply") from None
