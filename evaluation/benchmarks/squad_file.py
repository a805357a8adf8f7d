"""How is SQuAD's nested JSON (v1.1 and v2) laid out as rows?"""

from collections.abc import Iterator
from typing import Any

from evaluation.benchmarks.rows import Row, shown
from evaluation.errors import BenchmarkError


def is_squad(content: Any) -> bool:
    """Return True for an object whose `data` is a list of articles."""
    return isinstance(content, dict) and isinstance(content.get("data"), list)


def header_values(content: dict[str, Any]) -> dict[str, Any]:
    """Return what the object holds beside its articles and SQuAD's own version."""
    return {name: value for name, value in content.items() if name not in ("data", "version")}


def squad_rows(articles: list[Any], path: str) -> Iterator[Row]:
    """Yield one flat row a question, in the file's order: `id title context question answers is_impossible`.

    What an article or a paragraph holds besides stands in each of its rows, as `article.id` where a row has an `id`.
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
                    raise row.error("is not a question", field="qas", expected="objects with question and answers")
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
