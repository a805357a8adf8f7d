"""A template of the user's is filled in with the report, escapes by itself, and its faults are named with a line."""

from pathlib import Path

import pytest
from compared_runs import candidate, cases_of, right_on, store_run

from evaluation.errors import ConfigurationError
from evaluation.reports.documents.writing import write_report
from evaluation.store.session import Store


@pytest.fixture
def stored(store: Store) -> Store:
    cases = cases_of(6)
    store_run(store, candidate("<b>a</b>", right_on(cases, range(6))), candidate("b", {}), cases=cases)
    return store


def _filled(store: Store, folder: Path, template: str) -> str:
    file, out = folder / "own.html", folder / "out.html"
    file.write_text(template, encoding="utf-8")
    write_report(store, "run-1", out, template=file)
    return out.read_text(encoding="utf-8")


def test_a_template_names_the_parts_of_the_report(stored: Store, tmp_path: Path) -> None:
    page = _filled(
        stored,
        tmp_path,
        "{{ report.question }}|{% for name, sections in parts %}{{ name }} {% endfor %}|{{ report.cases.labels[0] }}",
    )

    assert (
        "Is &lt;b&gt;a&lt;/b&gt; or b better on numbers?|Evidence Limits Method Appendix |&lt;b&gt;a&lt;/b&gt;" == page
    )


def test_a_template_may_change_a_block_of_ours(stored: Store, tmp_path: Path) -> None:
    page = _filled(stored, tmp_path, '{% extends "report.html" %}{% block title %}Mine{% endblock %}')

    assert "<title>Mine</title>" in page
    assert 'id="cases"' in page


@pytest.mark.parametrize(
    ("template", "words"),
    [
        ("a\n{% for %}", "line 2: "),
        ("a\n\n{{ nothing_of_this_name }}", "line 3: 'nothing_of_this_name' is undefined"),
        ("{{ report.nothing }}", "line 1: .*nothing"),
        ("{{ 1 / 0 }}", "line 1: ZeroDivisionError"),
        ("{{ ''.__class__.__mro__ }}", "line 1: .*unsafe"),
        ("{{ report.sections.__class__ }}", "line 1: .*unsafe"),
        ('{% include "missing.html" %}', "missing.html"),
        ('{% include "../secret.html" %}', "secret.html"),
    ],
)
def test_a_fault_is_named_with_its_line(stored: Store, tmp_path: Path, template: str, words: str) -> None:
    with pytest.raises(ConfigurationError, match=words) as refused:
        _filled(stored, tmp_path, template)

    assert "own.html" in refused.value.message
    assert not (tmp_path / "out.html").exists()
