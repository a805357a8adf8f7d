"""Checks as JUnit XML for continuous integration; the file is valid XML whatever the model names contain."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal
from xml.etree.ElementTree import Element, SubElement, indent, tostring

from evaluation.escaping import one_line


@dataclass(frozen=True, slots=True, kw_only=True)
class JUnitCase:
    """One check as a JUnit test case."""

    name: str
    group: str
    """Name of the benchmark: JUnit's `classname`."""
    outcome: Literal["passed", "failure", "error", "skipped"]
    kind: str = ""
    """One word for a failure or an error: JUnit's `type`."""
    text: str


def junit_xml(cases: Sequence[JUnitCase], *, suite: str) -> bytes:
    """Return a JUnit XML file with one test suite.

    Args:
        cases: The test cases, in this order.
        suite: Name of the suite.
    """

    def n(outcome: str) -> str:
        return str(sum(case.outcome == outcome for case in cases))

    counts = {"tests": str(len(cases)), "failures": n("failure"), "errors": n("error"), "skipped": n("skipped")}
    named = {"name": suite, **counts}
    suites = Element("testsuites", named)
    element = SubElement(suites, "testsuite", named)
    for case in cases:
        _add(element, case)
    indent(suites)
    text: str = tostring(suites, encoding="unicode")
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{text}\n'.encode()


def _add(suite: Element, case: JUnitCase) -> None:
    element = SubElement(suite, "testcase", name=_text(case.name), classname=_text(case.group), time="0")
    text = _text(case.text)
    match case.outcome:
        case "failure" | "error":
            SubElement(element, case.outcome, message=text, type=case.kind).text = text
        case "skipped":
            SubElement(element, "skipped", message=text)
        case "passed":
            SubElement(element, "system-out").text = text


def _text(text: str) -> str:
    """Return the text without the characters that XML cannot hold."""
    return "".join(
        letter
        if letter in "\t" or "\x20" <= letter <= "\ud7ff" or "\ue000" <= letter <= "\ufffd" or letter >= "\U00010000"
        else "\ufffd"
        for letter in one_line(text)
    )
