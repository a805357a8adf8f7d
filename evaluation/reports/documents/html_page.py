"""A report as one HTML file that needs no network: styles, script and pictures stand in it.

Whatever models, files, people and servers wrote stands in it as text. Its policy lets the browser run the one script of
ours and nothing else, by its hash, and load nothing from anywhere.
"""

import base64
import hashlib
from collections.abc import Mapping
from importlib.resources import files
from pathlib import Path

from jinja2 import (
    BaseLoader,
    ChoiceLoader,
    Environment,
    FileSystemLoader,
    PackageLoader,
    StrictUndefined,
    Template,
    TemplateError,
    TemplateSyntaxError,
)
from jinja2.sandbox import ImmutableSandboxedEnvironment
from markupsafe import Markup

from evaluation import formatting
from evaluation.charts.kinds import Chart
from evaluation.errors import ConfigurationError
from evaluation.escaping import for_terminal
from evaluation.reports.documents.cases import with_fewer_cases
from evaluation.reports.documents.drawn_report import DrawnReport
from evaluation.reports.documents.formats import LARGEST_HTML
from evaluation.reports.documents.number_columns import numbers_of
from evaluation.reports.documents.report import Part
from evaluation.reports.page_pictures import as_data_uri

_OURS = "report.html"
_TEMPLATES = "evaluation.reports.documents"
_PARTS = {
    Part.EVIDENCE: "Evidence",
    Part.LIMITS: "Limits",
    Part.METHOD: "Method",
    Part.APPENDIX: "Appendix",
}
_SHRINK = 0.8


def html_page(drawn: DrawnReport, template: Path | None = None) -> bytes:
    """Return the report as an HTML file of at most `LARGEST_HTML` bytes, with fewer cases where it takes that.

    Args:
        drawn: The report with its pictures.
        template: A file of the user's to fill in; None: ours.

    Raises:
        ConfigurationError: the file cannot be read, or is no template; the message names the line.
    """
    page = _filled(drawn, template)
    while len(page) > LARGEST_HTML and (cases := drawn.report.cases) is not None and cases.cases:
        drawn = drawn.with_cases(with_fewer_cases(cases, int(len(cases.cases) * _SHRINK)))
        page = _filled(drawn, template)
    return page


def _filled(drawn: DrawnReport, template: Path | None) -> bytes:
    if template is None:
        return _rendered(_environment(ours()).get_template(_OURS), drawn)
    try:
        template.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigurationError(
            f"--template {str(template)!r} cannot be read: {getattr(error, 'strerror', None) or error}",
            "Name a text file with a template.",
        ) from error
    own = FileSystemLoader(template.parent)
    environment = _environment(ChoiceLoader([ours(), own]) if template.name != _OURS else ChoiceLoader([own, ours()]))
    try:
        return _rendered(environment.get_template(template.name), drawn)
    except TemplateSyntaxError as error:
        raise _faulty(template, f"line {error.lineno}: {error.message}") from None
    except TemplateError as error:
        raise _faulty(template, f"{_line_of(error, template)}{error.message or type(error).__name__}") from None
    except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError, RecursionError) as error:
        raise _faulty(template, f"{_line_of(error, template)}{type(error).__name__}: {error}") from None


def _faulty(template: Path, what: str) -> ConfigurationError:
    return ConfigurationError(
        f"--template {str(template)!r}, {what}", "See docs/reports.md for the variables of a template."
    )


def _line_of(error: BaseException, template: Path) -> str:
    """Return the last line of the template that an error came by."""
    line, trace = 0, error.__traceback__
    while trace is not None:
        if trace.tb_frame.f_code.co_filename.endswith(template.name):
            line = trace.tb_lineno
        trace = trace.tb_next
    return f"line {line}: " if line else ""


def ours() -> BaseLoader:
    """Return where our own templates are."""
    return PackageLoader(_TEMPLATES)


def _environment(loader: BaseLoader) -> Environment:
    """Return an environment in which a template computes with what it is given, and reaches nothing else."""
    environment = ImmutableSandboxedEnvironment(
        loader=loader,
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=lambda value: for_terminal(value) if type(value) is str else value,
    )
    environment.filters |= {"score": _score, "count": formatting.count}
    environment.globals |= {"counted": formatting.counted}
    return environment


def _score(value: float | None) -> str:
    return "–" if value is None else formatting.score(value)


def _rendered(template: Template, drawn: DrawnReport) -> bytes:
    """Return a template, filled in with what it can name."""
    style, script = _file("report.css"), _file("report.js")
    page = template.render(
        report=drawn.report,
        parts=[(word, drawn.report.of_part(part)) for part, word in _PARTS.items()],
        picture=lambda chart: _picture(drawn.pictures, chart),
        numbers_of=numbers_of,
        not_drawn=drawn.not_drawn,
        style=Markup(style),  # noqa: S704 - a file of ours
        script=Markup(script),  # noqa: S704 - a file of ours
        policy=(
            f"default-src 'none'; img-src data:; style-src '{_hash(style)}'; script-src '{_hash(script)}'; "
            "base-uri 'none'; form-action 'none'"
        ),
    )
    return page.encode("utf-8", "replace")


def _picture(pictures: Mapping[Chart, str], chart: Chart) -> str:
    """Return the address of a chart's picture, which holds all of it; empty where it was not drawn."""
    svg = pictures.get(chart)
    return "" if svg is None else as_data_uri(svg)


def _file(name: str) -> str:
    return (files(_TEMPLATES) / "templates" / name).read_text(encoding="utf-8")


def _hash(text: str) -> str:
    return f"sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode('ascii')}"
