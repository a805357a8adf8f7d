"""How is SQuAD's nested JSON (v1.1 and v2) laid out as rows?"""

from collections.abc import Iterator
from typing import Any

from evaluation.benchmarks.rows import Row, shown
from evaluation.errors import BenchmarkError


def is_squad(content: Any) -> bool:
    """True for an object whose `data` is a list of articles."""
    return isinstance(content, dict) and isinstance(content.get("data"), list)


def squad_rows(articles: list[Any], path: str) -> Iterator[Row]:
    """One flat row a question, in the file's order: `id title context question answers is_impossible`."""
    number = 0
    for article in articles:
        title = article.get("title") if isinstance(article, dict) else None
        for paragraph in _part(article, "paragraphs", path, number):
            for question in _part(paragraph, "qas", path, number):
                number += 1
                row = Row(path=path, number=number, unit="row", values=question if isinstance(question, dict) else {})
                if not isinstance(question, dict):
                    raise row.error("is no question", field="qas", expected="objects with question and answers")
                yield Row(
                    path=path,
                    number=number,
                    unit="row",
                    values={**question, "title": title, "context": paragraph.get("context")},
                )


def _part(holder: Any, name: str, path: str, number: int) -> list[Any]:
    part = holder.get(name) if isinstance(holder, dict) else None
    if not isinstance(part, list):
        raise BenchmarkError(
            path, f"got {shown(part)}", row=number + 1, field=name, expected="SQuAD's nesting data/paragraphs/qas"
        )
    return part
