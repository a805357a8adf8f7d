"""`python docs/tools/json_schemas.py`: writes the JSON Schemas of what commands print, from the types.

A command has one as soon as what it prints is a dataclass, or a list of one; until then none is written by hand.
"""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from evaluation.records.alerts import SilenceRecord
from evaluation.records.candidates import DatabaseInfo, EndpointRecord
from evaluation.records.traffic_calls import TrafficCall
from evaluation.results.cases import CaseResult
from evaluation.results.experiments import ExperimentResult, RunDiff
from evaluation.results.json_schema import Schemas
from evaluation.results.runs import RunInFull
from evaluation.results.unpaired import UnpairedComparisonResult

FOLDER = Path(__file__).parents[1] / "schemas"
DIALECT = "https://json-schema.org/draft/2020-12/schema"
COMMANDS: Mapping[str, Any] = {
    "alerts silences": Sequence[SilenceRecord],
    "compare --unpaired": UnpairedComparisonResult,
    "db info": DatabaseInfo,
    "endpoints list": Sequence[EndpointRecord],
    "experiments diff": RunDiff,
    "experiments show": ExperimentResult,
    "show": RunInFull,
    "show --case": CaseResult,
    "traffic list --calls": Sequence[TrafficCall],
}
"""What a command prints with `--json`."""


def file_of(command: str) -> Path:
    """Return the file of a command's schema."""
    return FOLDER / f"{command.replace(' --', '-').replace(' ', '-')}.json"


def render(command: str) -> str:
    """Return the schema of what a command prints, as the file holds it."""
    schemas = Schemas()
    schema = schemas.of(COMMANDS[command])
    whole = {"$schema": DIALECT, "title": f"benchwright {command} --json", **schema}
    definitions = {"$defs": schemas.definitions} if schemas.definitions else {}
    return json.dumps(whole | definitions, indent=2, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    FOLDER.mkdir(exist_ok=True)
    for each in COMMANDS:
        file_of(each).write_text(render(each), encoding="utf-8")
