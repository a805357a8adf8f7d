"""How does a file become a benchmark? Rows are read, renamed, recognised, turned into cases and given their prompt."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

from evaluation.benchmarks.documents import Document, read_document, stem_of
from evaluation.benchmarks.formats.format import Format
from evaluation.benchmarks.formats.plain import Plain
from evaluation.benchmarks.header import Header
from evaluation.benchmarks.mapping import check_mapping, renamed
from evaluation.benchmarks.recognition import check_same, recognised, unknown_format
from evaluation.benchmarks.rendering import check_renderable
from evaluation.benchmarks.rows import Row, plain_json
from evaluation.case import Benchmark, Case, PromptTemplate
from evaluation.errors import BenchmarkError

ID_FIELDS = ("case_id", "id", "task_id", "qid")
SPLIT_NAMES = frozenset({"test", "train", "dev", "val", "validation", "data", "cases"})
"""File names that say nothing of the benchmark."""


def load_file(
    path: Path, *, fields: Mapping[str, str] | None = None, name: str | None = None, source: str | None = None
) -> Benchmark:
    """The benchmark that a file holds, whole and checked.

    Raises:
        BenchmarkError: anything in the file that cannot be used, with its place and the next step.
    """
    document = _with_data(read_document(path), path)
    mapping = dict(fields if fields is not None else document.header.fields or {})
    check_mapping(mapping, str(path))
    form, cases = _cases(document, mapping)
    return _assembled(
        document.header,
        form,
        cases,
        name=name or document.header.name or _default_name(path, form),
        path=path,
        source=source or str(path),
    )


def _with_data(document: Document, path: Path) -> Document:
    """The document with its rows, where another file holds them. The outer header goes before the inner."""
    if document.data is None:
        return document
    inner = read_document(path.parent / document.data)
    if inner.data is not None:
        raise BenchmarkError(
            str(path),
            f"{document.data!r} names yet another file",
            field="data",
            expected="a file that holds the cases itself",
        )
    return Document(path=inner.path, header=document.header.over(inner.header), rows=inner.rows)


def _default_name(path: Path, form: Format) -> str:
    stem = stem_of(path)
    return form.name if form.is_one_benchmark and stem.lower() in SPLIT_NAMES else stem


def _cases(document: Document, mapping: Mapping[str, str]) -> tuple[Format, tuple[Case, ...]]:
    rows = iter(renamed(document.rows, mapping) if mapping else document.rows)
    first = next(rows, None)
    if first is None:
        raise BenchmarkError(document.path, "holds no case", expected="at least one case", next_step="add a case")
    forced = Plain() if {"prompt", "messages"} & set(mapping) else None
    form = forced or recognised(first)
    if form is None:
        raise unknown_format(first)
    return form, form.finished(list(_read(_chain(first, rows), form, is_forced=forced is not None)))


def _chain(first: Row, rest: Iterator[Row]) -> Iterator[Row]:
    yield first
    yield from rest


def _read(rows: Iterable[Row], form: Format, *, is_forced: bool) -> Iterator[Case]:
    places: dict[str, Row] = {}
    for ordinal, row in enumerate(rows, start=1):
        if isinstance(row.get("benchmark"), dict):
            raise row.error("is a header", field="benchmark", expected="a header in the first line only")
        if not is_forced:
            check_same(row, form)
        case = form.case(row, _case_id(row, ordinal))
        _check_id(case.case_id, row, places)
        _check_content(case, row)
        yield case


def _case_id(row: Row, ordinal: int) -> str:
    return next((word.strip() for name in ID_FIELDS if (word := row.word(name)) is not None), str(ordinal))


def _check_id(case_id: str, row: Row, places: dict[str, Row]) -> None:
    earlier = places.setdefault(case_id, row)
    if earlier is row:
        return
    name = next((name for name in ID_FIELDS if row.get(name) is not None), None)
    raise row.error(
        f"the id {case_id!r} is already that of {earlier.unit} {earlier.number}",
        field=name,
        expected="an id of its own for each case",
        next_step="change one of the two, or remove the ids to have the cases numbered",
    )


def _check_content(case: Case, row: Row) -> None:
    """Raises where the case has text that no file or database can hold: half of a surrogate pair."""
    try:
        case.content_hash.encode()
        case.case_id.encode()
    except UnicodeEncodeError as error:
        raise row.error(
            f"holds the broken character {error.object[error.start]!r}",
            expected="valid Unicode",
            next_step="remove the character, or write its whole surrogate pair",
        ) from error


def _assembled(
    header: Header, form: Format, cases: tuple[Case, ...], *, name: str, path: Path, source: str
) -> Benchmark:
    task_type = header.task_type or form.task_type_of(cases)
    metrics, headline = _metrics(header, form, str(path))
    template = header.prompt.template or form.template_for(cases, task_type)
    benchmark = Benchmark(
        name=name,
        task_type=task_type,
        cases=cases,
        prompt=PromptTemplate(system=header.prompt.system, template=template),
        options=plain_json(header.options),
        metrics=metrics,
        headline=headline,
        description=header.description,
        criteria=header.criteria,
        licence=header.licence,
        source=source,
        format=form.name,
    )
    check_renderable(benchmark)
    return benchmark


def _metrics(header: Header, form: Format, path: str) -> tuple[tuple[str, ...], str]:
    """The header's metrics, else the format's; the headline is the header's, the format's, or the first."""
    metrics = header.metrics if header.metrics is not None else form.metrics
    names = _names(metrics)
    if header.headline is None:
        return metrics, form.headline if form.headline in names else names[0]
    if header.headline not in metrics and header.headline not in names:
        raise BenchmarkError(
            path,
            f"{header.headline!r} is not measured",
            field="headline",
            expected=f"one of the metrics {', '.join(metrics)}",
            next_step="add it to 'metrics'",
        )
    return metrics, header.headline


def _names(metrics: Sequence[str]) -> list[str]:
    return [metric.partition("(")[0].strip() for metric in metrics]
