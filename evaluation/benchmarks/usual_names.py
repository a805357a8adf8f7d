"""The default field mapping, which recognises prompt and references under common alternative names."""

import shlex
from collections import defaultdict
from collections.abc import Sequence

from evaluation.benchmarks.formats import FORMATS
from evaluation.benchmarks.formats.format import SHARED_FIELDS
from evaluation.benchmarks.formats.plain import Plain
from evaluation.benchmarks.rows import Row, is_blank
from evaluation.errors import BenchmarkError
from evaluation.files.field_mapping import named_fields

PROMPT_NAMES = ("question", "query", "input", "user_input", "instruction", "problem")
REFERENCE_NAMES = (
    *("reference", "answer", "answers", "expected", "expected_answer", "expected_output", "correct_answer"),
    *("target", "targets", "output", "response", "completion", "solution", "gold", "ground_truth", "ideal", "label"),
)
_NAMES = {"prompt": ("prompt", *PROMPT_NAMES), "references": ("references", *REFERENCE_NAMES)}


def usual_mapping(row: Row) -> dict[str, str]:
    """Return our names for the fields of a row that is a plain case under usual names such as `question` and `Answer`.

    Raises:
        BenchmarkError: two fields may both be meant; names them.
    """
    by_name: defaultdict[str, list[str]] = defaultdict(list)
    for name in row.values:
        by_name[_written_alike(name)].append(name)
    mapping: dict[str, str] = {}
    for ours in dict.fromkeys([*Plain.fields, *SHARED_FIELDS]):
        if ours in row.values or (ours == "prompt" and by_name.get("messages")):
            continue
        candidates = [name for alike in _NAMES.get(ours, (ours,)) for name in by_name.get(alike, ())]
        candidates = [name for name in candidates if not is_blank(row.look_at(name))] or candidates
        if len(candidates) > 1:
            raise _ambiguous(row, ours, candidates)
        if candidates:
            mapping[ours] = candidates[0]
    return mapping


def other_case_mapping(row: Row) -> dict[str, str]:
    """Return the names of fields of any format for those that differ in the row only by case: `Text` for `text`."""
    fields = {
        _written_alike(name): name for format_type in FORMATS.values() for name in (*format_type.fields, *SHARED_FIELDS)
    }
    mapping: dict[str, str] = {}
    for name in row.values:
        ours = fields.get(_written_alike(name))
        if ours is not None and ours not in row.values:
            mapping.setdefault(ours, name)
    return mapping


def _written_alike(name: str) -> str:
    return name.strip().casefold().replace(" ", "_").replace("-", "_")


def _ambiguous(row: Row, ours: str, candidates: Sequence[str]) -> BenchmarkError:
    kept, *others = candidates
    ignoring = " ".join(f"--ignore-field {_shell(name)}" for name in others)
    return row.error(
        f"{named_fields(candidates)} may {'both' if len(candidates) == 2 else 'all'} be the {ours}",
        expected=f"one field that is the {ours}",
        next_step=f"Say which with --field and leave out the rest, for example `--field {ours}={_shell(kept)} "
        f"{ignoring}`, or keep it as `--field details.{_shell(others[0])}={_shell(others[0])}`",
    )


def _shell(name: str) -> str:
    return shlex.quote(name if len(name) <= 60 else name[:57] + "...")
