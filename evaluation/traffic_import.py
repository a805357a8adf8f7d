"""Import of logged calls from a JSONL file with one call a line.

`task`, `candidate`, `started_at` (ISO 8601 with its zone) and `duration_s` are required; `ok`, `error_type`,
`prompt_tokens`, `output_tokens`, `stages` (`name`, `duration_s`, `tokens`) and `id` are optional. A call whose `id` is
already stored is skipped, so that a log that has grown may be imported again. `input` and `output` are left out unless
requested.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from difflib import get_close_matches
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any

from evaluation.errors import BenchmarkError
from evaluation.files.bounded_reading import MIB, TooLongError, bounded_lines
from evaluation.files.exact_json import without_doubles
from evaluation.files.field_mapping import named_fields
from evaluation.files.names import LONGEST_TITLE, Spellings, name_problem
from evaluation.files.unreadable import reason_of, step_after
from evaluation.formatting import excerpt
from evaluation.records.kept_texts import kept
from evaluation.records.traffic_calls import TrafficCall, TrafficStage

if TYPE_CHECKING:
    from evaluation.store.session import Store
    from evaluation.store.traffic import TrafficImport

REQUIRED = ("task", "candidate", "started_at", "duration_s")
OPTIONAL = ("ok", "error_type", "prompt_tokens", "output_tokens", "stages", "id", "input", "output")
_OF_A_STAGE = ("name", "duration_s", "tokens")
_NAMES = ("task", "candidate", "id", "error_type")
LONGEST_CALL = 16 * MIB
"""Longest line in bytes: a call with its input and output."""
_NEXT = "Mend that line: nothing of the file was stored"


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportedTraffic:
    """Result of importing a file."""

    record: "TrafficImport"
    n_lines: int
    """Calls in the file, including those that were already stored."""
    is_new: bool
    """False if the same file was imported before; then nothing was stored."""
    notes: tuple[str, ...] = ()
    """Notes on how names were read."""


def import_traffic(store: "Store", path: str | Path, *, keep_texts: bool = False) -> ImportedTraffic:
    """Import the whole file or nothing, and return what was stored.

    Args:
        store: Where it goes.
        path: JSONL, UTF-8.
        keep_texts: Store `input` and `output` too.

    Raises:
        BenchmarkError: a line cannot be used; names file, line, field and what was expected, and shows no text of it.
        StoreError: it could not be stored.
    """
    from evaluation.store.traffic import find_traffic_import, save_traffic_import

    file = Path(path).expanduser()
    # Everything is checked before the database is kept from others; then it is read again, as memory is finite.
    first = _Reading(file, keep_texts=keep_texts)
    n_lines = sum(1 for _ in first.calls())
    if not n_lines:
        raise BenchmarkError(str(file), "holds no call", expected="one call a line", next_step=_expected_fields())
    if (earlier_import := find_traffic_import(store, first.sha256)) is not None:
        return ImportedTraffic(record=earlier_import, n_lines=n_lines, is_new=False)
    second = _Reading(file, keep_texts=keep_texts, must_be=first.sha256)
    record, is_new = save_traffic_import(store, sha256=first.sha256, source=str(file), calls=second.calls())
    return ImportedTraffic(record=record, n_lines=n_lines, is_new=is_new, notes=second.notes())


class _Reading:
    """One pass over a file, line by line."""

    def __init__(self, path: Path, *, keep_texts: bool, must_be: str | None = None) -> None:
        self._path = path
        self._keep_texts = keep_texts
        self._must_be = must_be
        self._hash = sha256()
        self._spellings = {name: Spellings() for name in ("task", "candidate")}

    @property
    def sha256(self) -> str:
        """Of what was read."""
        return self._hash.hexdigest()

    def notes(self) -> tuple[str, ...]:
        """Return remarks for the user on how names were read."""
        return tuple(
            f"{named_fields(merged)} ({name}): written in more than one Unicode form, read as one name"
            for name, spellings in self._spellings.items()
            if (merged := spellings.merged)
        )

    def calls(self) -> Iterator[TrafficCall]:
        """Yield the calls in the order of the file."""
        try:
            with self._path.open("rb") as file:
                for number, line in enumerate(bounded_lines(file, LONGEST_CALL), start=1):
                    self._hash.update(line)
                    if line.strip():
                        yield self._call(number, line)
        except TooLongError as error:
            raise BenchmarkError(str(self._path), str(error), line=error.line, next_step=_NEXT) from None
        except OSError as error:
            raise BenchmarkError(str(self._path), reason_of(error), next_step=step_after(error)) from None
        if self._must_be not in (None, self.sha256):
            raise BenchmarkError(str(self._path), "was changed while it was read", next_step="Import it again")

    def _call(self, number: int, line: bytes) -> TrafficCall:
        try:
            # A file from an editor of Windows begins with a mark.
            text = line.decode("utf-8-sig" if number == 1 else "utf-8")
            row = json.loads(text, parse_constant=_refuse, object_pairs_hook=without_doubles)
            if not isinstance(row, dict):
                raise ValueError("expected a JSON object")
            return self._made(row, call_id=f"{sha256(line).hexdigest()[:32]}-{number}")
        except RecursionError:
            problem = "expected a JSON object that is not nested so deep"
        except UnicodeDecodeError:
            problem = "expected UTF-8"
        except json.JSONDecodeError as error:
            problem = f"expected JSON: {error.msg} at character {error.colno}"
        except ValueError as error:
            problem = str(error)
        raise BenchmarkError(str(self._path), problem, line=number, next_step=_NEXT)

    def _made(self, row: dict[str, Any], *, call_id: str) -> TrafficCall:
        _check_fields(row, REQUIRED, (*REQUIRED, *OPTIONAL))
        for name in _NAMES:
            _check_name(name, row.get(name))
        texts = {name: row[name] for name in self._spellings if isinstance(row[name], str)}
        row = {**row, **{name: self._spellings[name].add(text)[0] for name, text in texts.items()}}
        fields = {name: value for name, value in row.items() if name not in ("id", "started_at", "stages")}
        if not self._keep_texts:
            fields = {name: value for name, value in fields.items() if name not in ("input", "output")}
        fields = {name: value for name, value in fields.items() if value is not None}
        fields |= {name: kept(fields[name]) for name in texts if name in ("input", "output") and name in fields}
        return TrafficCall(
            call_id=call_id if row.get("id") is None else row["id"],
            started_at=_moment(row["started_at"]),
            stages=_stages(row.get("stages")),
            **fields,
        )


def _check_fields(row: dict[str, Any], required: tuple[str, ...], known_fields: tuple[str, ...]) -> None:
    for name in required:
        if row.get(name) is None:
            raise ValueError(f"the field {name!r} is missing")
    for name in row:
        if name not in known_fields:
            close = get_close_matches(name, known_fields, n=1)
            meant = f"; did you mean {close[0]!r}?" if close else f"; known: {', '.join(known_fields)}"
            raise ValueError(f"unknown field {excerpt(name, 40)!r}{meant}")


def _check_name(field: str, value: object) -> None:
    if isinstance(value, str) and (problem := name_problem(value, longest=LONGEST_TITLE)):
        raise ValueError(f"{field}: {problem}")


def _moment(value: object) -> datetime:
    try:
        moment = datetime.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is None:
        raise ValueError("started_at: expected a moment with its time zone, such as 2026-05-04T03:02:01Z")
    try:
        moment.astimezone(UTC)
        return moment
    except OverflowError:
        raise ValueError("started_at: the time is out of range") from None


def _stages(value: object) -> tuple[TrafficStage, ...]:
    if value is None:
        return ()
    if not isinstance(value, list) or not all(isinstance(stage, dict) for stage in value):
        raise ValueError("stages: expected a list of objects")
    for stage in value:
        _check_fields(stage, _OF_A_STAGE[:2], _OF_A_STAGE)
        _check_name("stages.name", stage["name"])
    return tuple(TrafficStage(**stage) for stage in value)


def _refuse(word: str) -> None:
    raise ValueError(f"expected a number, found {word}")


def _expected_fields() -> str:
    return f"Its fields: {', '.join(REQUIRED)}; optional {', '.join(OPTIONAL)}"
