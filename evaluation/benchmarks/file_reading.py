"""The header and rows of a benchmark file, with one reader for each suffix and no validation."""

import gzip
import json
import os
import zlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import IO, Any, cast

from evaluation.benchmarks import tables
from evaluation.benchmarks.header import Header, header_of
from evaluation.benchmarks.rows import Row, shown
from evaluation.errors import BenchmarkError
from evaluation.files.bounded_reading import (
    LARGEST_DOCUMENT,
    LARGEST_FILE,
    LARGEST_YAML,
    TooLongError,
    bounded,
    bounded_lines,
)
from evaluation.files.exact_json import TwiceError, read_json
from evaluation.files.unreadable import reason_of, step_after
from evaluation.files.yaml_text import read_yaml


def is_squad(content: Any) -> bool:
    """Check whether the `data` of an object is a list of articles."""
    return isinstance(content, dict) and isinstance(content.get("data"), list)


def header_values(content: dict[str, Any]) -> dict[str, Any]:
    """Return the object's values other than its articles and SQuAD's own version."""
    return {name: value for name, value in content.items() if name not in ("data", "version")}


def squad_rows(articles: list[Any], path: str) -> Iterator[Row]:
    """Yield one flat row a question, in the file's order: `id title context question answers is_impossible`.

    Other values of an article or a paragraph are repeated in each of its rows, as `article.id` where a row has an `id`.
    """
    number = 0
    for article in articles:
        paragraphs = _part(article, "paragraphs", path, number)
        of_article = {name: value for name, value in article.items() if name != "paragraphs"}
        for paragraph in paragraphs:
            for question in _part(paragraph, "qas", path, number):
                number += 1
                row = Row(path=path, number=number, unit="row", values=question if isinstance(question, dict) else {})
                if not isinstance(question, dict):
                    fault = row.error("is not a question", field="qas", expected="objects with question and answers")
                    yield row.with_fault(fault)
                    continue
                of_paragraph = {name: value for name, value in paragraph.items() if name != "qas"}
                values: dict[str, Any] = {"title": None, "context": None}
                for level, part in (("paragraph", of_paragraph), ("article", of_article)):
                    values |= {f"{level}.{name}" if name in question else name: part[name] for name in part}
                yield Row(path=path, number=number, unit="row", values=values | question)


def _part(holder: Any, name: str, path: str, number: int) -> list[Any]:
    part = holder.get(name) if isinstance(holder, dict) else None
    if not isinstance(part, list):
        raise BenchmarkError(
            path, f"got {shown(part)}", row=number + 1, field=name, expected="SQuAD's nesting data/paragraphs/qas"
        )
    return part


SUFFIXES = (".jsonl", ".ndjson", ".csv", ".tsv", ".parquet", ".json", ".yaml", ".yml")
LIST_IN_LINES = "A file that is one JSON list is named .json, not .jsonl"


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """A parsed file, whose rows are read lazily."""

    path: str
    header: Header = field(default_factory=Header)
    rows: Iterable[Row] = ()
    data: str | None = None
    """Another file, which holds the rows."""


def stem_of(path: Path) -> str:
    """Return the file's name without `.gz` and without the suffix of its format."""
    return Path(path.name.removesuffix(".gz")).stem


def read_document(path: Path) -> Document:
    """Return the file's header and rows, parsed according to its suffix.

    Raises:
        BenchmarkError: the file is missing, empty, of an unknown kind, or broken; rows may raise it later.
    """
    reader = _reader(path)
    _check_file(path)
    return reader(path)


def _reader(path: Path) -> Callable[[Path], Document]:
    suffix = Path(path.name.removesuffix(".gz")).suffix.lower()
    readers: dict[str, Callable[[Path], Document]] = {
        ".jsonl": _read_jsonl,
        ".ndjson": _read_jsonl,
        ".csv": lambda path: Document(path=str(path), rows=_guarded(path, tables.csv_rows, ",")),
        ".tsv": lambda path: Document(path=str(path), rows=_guarded(path, tables.csv_rows, "\t")),
        ".parquet": lambda path: Document(path=str(path), rows=_guarded(path, tables.parquet_rows, limit=None)),
        ".json": lambda path: _taken_apart(path, _parsed_json(path)),
        ".yaml": lambda path: _taken_apart(path, _parsed_yaml(path)),
        ".yml": lambda path: _taken_apart(path, _parsed_yaml(path)),
    }
    if suffix in readers or os.path.isdir(path) or not os.path.exists(path):
        return readers.get(suffix, _read_jsonl)
    raise BenchmarkError(
        str(path),
        f"unknown suffix {suffix!r}",
        expected=f"one of {', '.join(SUFFIXES)}, each also with .gz",
        next_step="Rename the file after its format, or save it as JSONL",
    )


def _check_file(path: Path) -> None:
    if os.path.isdir(path):
        raise BenchmarkError(str(path), "is a directory", expected="a file", next_step="Name a file in it")
    if not os.path.exists(path):
        missing = FileNotFoundError()
        raise BenchmarkError(str(path), reason_of(missing), next_step=step_after(missing))
    if os.path.isfile(path) and not path.stat().st_size:
        raise _empty(path)


def _empty(path: Path) -> BenchmarkError:
    return BenchmarkError(str(path), "is empty", expected="at least one case", next_step="Add a case a line")


def _open(path: Path) -> IO[bytes]:
    return cast(IO[bytes], gzip.open(path, "rb")) if path.name.endswith(".gz") else path.open("rb")


def _guarded(
    path: Path, rows: Callable[..., Iterator[Row]], *args: Any, limit: int | None = LARGEST_FILE
) -> Iterator[Row]:
    """Yield the rows of an opened file, turning errors from the disk or gzip into a `BenchmarkError`.

    Args:
        path: The file.
        rows: Reads them from its handle.
        *args: For `rows`.
        limit: Most bytes of it; None: `rows` enforces a limit itself, and needs a seekable handle.
    """
    try:
        with _open(path) as handle:
            yield from rows(handle if limit is None else bounded(handle, limit), str(path), *args)
    except TooLongError as error:
        raise BenchmarkError(
            str(path), str(error), line=error.line, next_step="Split it, or leave out what no model is asked"
        ) from error
    except (gzip.BadGzipFile, EOFError, zlib.error) as error:
        raise BenchmarkError(
            str(path), f"broken gzip: {error}", next_step="Compress or download the file again"
        ) from error
    except OSError as error:
        problem = f"cannot be read: {reason_of(error)}"
        raise BenchmarkError(str(path), problem, next_step=step_after(error)) from error


def _text(data: bytes, path: str, line: int | None = None) -> str:
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = line if line is not None else data.count(b"\n", 0, error.start) + 1
        raise BenchmarkError(
            path,
            f"is not UTF-8 (byte 0x{data[error.start]:02x})",
            line=line,
            expected="text in UTF-8",
            next_step="Save the file as UTF-8",
        ) from error


def _read_jsonl(path: Path) -> Document:
    rows = _guarded(path, _json_lines)
    first = next(rows, None)
    if first is None:
        raise _empty(path)
    if first.fault is not None:  # it may have been the header, by which the rest is read
        raise first.fault
    if not isinstance(first.get("benchmark"), dict):
        return Document(path=str(path), rows=_again(first, rows))
    if len(first.values) > 1:
        raise first.error(
            f"unknown keys beside the header: {', '.join(sorted(set(first.values) - {'benchmark'}))}",
            field="benchmark",
            expected="one key 'benchmark' in the header line",
        )
    return Document(
        path=str(path), header=header_of(first.values["benchmark"], path=str(path), line=first.number), rows=rows
    )


def _again(first: Row, rows: Iterator[Row]) -> Iterator[Row]:
    yield first
    yield from rows


def _json_lines(handle: IO[bytes], path: str) -> Iterator[Row]:
    for number, data in enumerate(bounded_lines(handle), start=1):
        line = _text(data, path, number)
        if not line.strip():
            continue
        row = Row(path=path, number=number, unit="line", values={})
        try:
            values = read_json(line)
        except (ValueError, RecursionError) as error:
            yield row.with_fault(_broken_json(path, error, line=number, is_list=line.startswith("[")))
            continue
        if isinstance(values, dict):
            yield replace(row, values=values)
        else:
            fault = row.error("is not a case", expected="one JSON object a line", next_step=LIST_IN_LINES)
            yield row.with_fault(fault)


def _broken_json(path: str, error: Exception, *, line: int | None, is_list: bool = False) -> BenchmarkError:
    if isinstance(error, TwiceError):
        return BenchmarkError(
            path, str(error), line=line, expected="each key once", next_step="Remove the one that is not meant"
        )
    problem = (
        f"broken JSON: {error.msg}, column {error.colno}" if isinstance(error, json.JSONDecodeError) else str(error)
    )
    where = error.lineno if isinstance(error, json.JSONDecodeError) and line is None else line
    return BenchmarkError(
        path,
        problem,
        line=where,
        expected="valid JSON",
        next_step=LIST_IN_LINES if is_list else "Mend this line, or write the file with a JSON tool",
    )


def _whole_text(path: Path, limit: int) -> str:
    text = _text(b"".join(_guarded(path, _chunks, limit=limit)), str(path))  # type: ignore[arg-type]
    if not text.strip():
        raise _empty(path)
    return text


def _chunks(handle: IO[bytes], path: str) -> Iterator[bytes]:
    yield handle.read()


def _parsed_json(path: Path) -> Any:
    try:
        return read_json(_whole_text(path, LARGEST_DOCUMENT))
    except (ValueError, RecursionError) as error:
        raise _broken_json(str(path), error, line=None) from error


def _parsed_yaml(path: Path) -> Any:
    import yaml

    text = _whole_text(path, LARGEST_YAML)
    try:
        return read_yaml(text)
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        mark = getattr(error, "problem_mark", None)
        problem = getattr(error, "problem", None) or str(error)
        line = mark.line + 1 if mark else None
        raise BenchmarkError(
            str(path), f"broken YAML: {problem}", line=line, expected="valid YAML", next_step="Mend this line"
        ) from error


def _taken_apart(path: Path, content: Any) -> Document:
    """Split a document: a list of rows, SQuAD's nesting, or header keys with `cases` or the name of a `data` file."""
    if isinstance(content, list):
        return Document(path=str(path), rows=_listed_rows(path, content))
    if is_squad(content):
        header = header_of(header_values(content), path=str(path))
        return Document(path=str(path), header=header, rows=squad_rows(content["data"], str(path)))
    if not isinstance(content, dict) or ("cases" in content) == ("data" in content):
        raise BenchmarkError(
            str(path),
            "holds no cases",
            expected="a list of cases, or header keys with either 'cases' (a list) or 'data' (another file)",
        )
    header = header_of(
        {str(key): value for key, value in content.items() if key not in ("cases", "data")}, path=str(path)
    )
    if "cases" in content:
        return Document(path=str(path), header=header, rows=_listed_rows(path, content["cases"]))
    if not isinstance(content["data"], str):
        raise BenchmarkError(str(path), "is not a file name", field="data", expected="the path of a data file")
    return Document(path=str(path), header=header, data=content["data"])


def _listed_rows(path: Path, content: Any) -> Iterator[Row]:
    if not isinstance(content, list):
        raise BenchmarkError(str(path), "is not a list", field="cases", expected="a list of cases")
    for number, values in enumerate(content, start=1):
        row = Row(path=str(path), number=number, unit="row", values=values if isinstance(values, dict) else {})
        if not isinstance(values, dict):
            row = row.with_fault(row.error("is not a case", expected="an object with fields"))
        elif other := next((name for name in values if not isinstance(name, str)), None):
            fault = row.error(f"has the key {shown(other)}", expected="names of fields", next_step="Put it into quotes")
            row = row.with_fault(fault)
        yield row
