"""Benchmark loading from a file: rows are read, renamed, recognised, converted to cases and given their prompt."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from evaluation.benchmarks.case_rows import CaseRows
from evaluation.benchmarks.file_reading import Document, read_document, stem_of
from evaluation.benchmarks.formats.format import Format
from evaluation.benchmarks.header import Header
from evaluation.benchmarks.mapping import check_mapping
from evaluation.benchmarks.rendering import check_renderable
from evaluation.benchmarks.rows import plain_json
from evaluation.case import Benchmark, Case, PromptTemplate
from evaluation.errors import BenchmarkError
from evaluation.files.field_mapping import FieldUse
from evaluation.files.names import LONGEST_TITLE, name_problem, normal_name

SPLIT_NAMES = frozenset({"test", "train", "dev", "val", "validation", "data", "cases"})
"""File names that do not describe the benchmark."""


def load_file(
    path: Path,
    *,
    fields: Mapping[str, str] | None = None,
    ignore: Sequence[str] = (),
    name: str | None = None,
    source: str | None = None,
) -> Benchmark:
    """Load and check the benchmark in a file.

    Args:
        path: The file.
        fields: Our field names to the file's; they take precedence over those of the file's own header.
        ignore: Fields to leave out, besides those that the file's header leaves out.
        name: What to call it; else the header's name, or the file's.
        source: The path as its user gave it.

    Raises:
        BenchmarkError: anything in the file that cannot be used, or that nothing would read, with its place and the
            next step.
    """
    document = _with_data(read_document(path), path)
    mapping = {**(document.header.fields or {}), **(fields or {})}
    check_mapping(mapping, str(path))
    rows = CaseRows(document, mapping=mapping, ignored={*document.header.ignore_fields, *ignore})
    cases = rows.cases()
    return _assembled(
        document.header,
        rows.form,
        cases,
        name=_name(name or document.header.name or _default_name(path, rows.form), path),
        path=path,
        source=source or str(path),
        fields=rows.field_use,
    )


def _name(name: str, path: Path) -> str:
    name = normal_name(name)
    if problem := name_problem(name, longest=LONGEST_TITLE):
        raise BenchmarkError(
            str(path),
            f"the benchmark's name {problem}",
            field="name",
            expected="a name that people can read and type",
            next_step="Give it another with --name, or with 'name' in its header",
        )
    return name


def _with_data(document: Document, path: Path) -> Document:
    """Return the document with its rows, where another file holds them. The outer header overrides the inner one."""
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


def _assembled(
    header: Header, form: Format, cases: tuple[Case, ...], *, name: str, path: Path, source: str, fields: FieldUse
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
        fields=fields,
    )
    check_renderable(benchmark)
    return benchmark


def _metrics(header: Header, form: Format, path: str) -> tuple[tuple[str, ...], str]:
    """Return the header's metrics, else the format's; the headline is the header's, the format's, or the first."""
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
            next_step="Add it to 'metrics'",
        )
    return metrics, header.headline


def _names(metrics: Sequence[str]) -> list[str]:
    return [metric.partition("(")[0].strip() for metric in metrics]
