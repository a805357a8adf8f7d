"""IFEval format: prompts with verifiable instructions (Zhou et al. 2023, arXiv:2311.07911).

`details` holds the file's own `instruction_id_list` and `kwargs`, without nulls.
"""

from dataclasses import dataclass
from types import NoneType
from typing import Any, ClassVar

from evaluation.benchmarks.formats.format import ID_FIELDS, Format, case_of
from evaluation.benchmarks.rows import Row, plain_json
from evaluation.case import Case

KWARGS = "a list with an object of arguments for each instruction"


@dataclass(frozen=True)
class IfEval(Format):
    """Rows with `prompt`, the ids of its instructions, and an object of arguments for each instruction."""

    name: ClassVar[str] = "ifeval"
    title: ClassVar[str] = "IFEval"
    fields: ClassVar[tuple[str, ...]] = ("key", "prompt", "instruction_id_list", "kwargs")
    id_fields: ClassVar[tuple[str, ...]] = ("key", *ID_FIELDS)
    task_type: ClassVar[str] = "instruction_following"
    metrics: ClassVar[tuple[str, ...]] = (
        "instruction_following",
        "instruction_following_loose",
        "instruction_accuracy",
        "instruction_accuracy_loose",
    )
    headline: ClassVar[str] = "instruction_following"

    def recognises(self, row: Row) -> bool:
        return row.knows("prompt", "instruction_id_list")

    def case(self, row: Row, case_id: str) -> Case:
        ids = row.structure("instruction_id_list", "a list of instruction ids")
        if not isinstance(ids, list) or not ids or not all(isinstance(name, str) and name for name in ids):
            raise row.wrong_type("instruction_id_list", "a list of instruction ids, at least one")
        details = {"instruction_id_list": ids, "kwargs": self._arguments(row, len(ids))}
        return case_of(row, case_id, prompt=row.text("prompt"), details=details)

    def _arguments(self, row: Row, n: int) -> list[dict[str, Any]]:
        objects = row.structure("kwargs", KWARGS)
        if not isinstance(objects, list) or not all(isinstance(arguments, dict | NoneType) for arguments in objects):
            raise row.wrong_type("kwargs", KWARGS)
        if len(objects) != n:
            raise row.error(f"has {len(objects)} objects for {n} instructions", field="kwargs", expected=KWARGS)
        return [_without_nulls(arguments or {}) for arguments in objects]


def _without_nulls(arguments: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in plain_json(arguments).items() if value is not None}
