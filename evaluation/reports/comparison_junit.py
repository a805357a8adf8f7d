"""Checks as JUnit XML, which continuous integration reads. Whatever a model is called, the file stays valid XML."""

from collections.abc import Sequence
from xml.etree.ElementTree import Element, SubElement, indent, tostring

from evaluation.reports.comparison_checks import RegressionCheck
from evaluation.reports.escaping import one_line


def as_junit(checks: Sequence[RegressionCheck]) -> bytes:
    """One test case a check: a regression fails, what was not scored is an error, what cannot be told is skipped."""
    failed = [check for check in checks if check.outcome == "regressed"]
    skipped = [check for check in checks if check.outcome == "undecided"]
    broken = [check for check in checks if check.outcome == "unscored"]
    counts = {
        "tests": str(len(checks)),
        "failures": str(len(failed)),
        "errors": str(len(broken)),
        "skipped": str(len(skipped)),
    }
    named = {"name": "benchwright compare", **counts}
    suites = Element("testsuites", named)
    suite = SubElement(suites, "testsuite", named)
    for check in checks:
        _add(suite, check)
    indent(suites)
    text: str = tostring(suites, encoding="unicode")
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{text}\n'.encode()


def _add(suite: Element, check: RegressionCheck) -> None:
    name = f"{check.side} against {check.baseline}: {check.metric}"
    case = SubElement(suite, "testcase", name=_text(name), classname=_text(check.benchmark), time="0")
    if check.outcome == "regressed":
        SubElement(case, "failure", message=_text(check.said), type="regression").text = _text(check.said)
    elif check.outcome == "unscored":
        SubElement(case, "error", message=_text(check.said), type="unscored").text = _text(check.said)
    elif check.outcome == "undecided":
        SubElement(case, "skipped", message=_text(check.said))
    else:
        SubElement(case, "system-out").text = _text(check.said)


def _text(text: str) -> str:
    """Without the characters that XML cannot hold."""
    return "".join(
        letter
        if letter in "\t" or "\x20" <= letter <= "\ud7ff" or "\ue000" <= letter <= "\ufffd" or letter >= "\U00010000"
        else "\ufffd"
        for letter in one_line(text)
    )
