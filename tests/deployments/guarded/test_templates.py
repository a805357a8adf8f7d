"""What a template in an automation can have a server's process do beside filling in values."""

import asyncio
import uuid
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from prefect.server.events.schemas.events import ReceivedEvent
from prefect.server.utilities.user_templates import (
    TemplateRenderError,
    UserTemplateEnvironment,
    render_user_template,
    render_user_template_sync,
)

from deployments.guarded.templates import only_fill_in

PICKLE = r"cos\nmkdir\n(S'MARK'\ntR."
"""A pickle that makes a folder when it is read, as a text of Jinja's."""
READS_PICKLES = [
    'event.parse_raw("PICKLE", proto="pickle", allow_pickle=true)',
    'event.resource.parse_raw("PICKLE", content_type="application/pickle", allow_pickle=true)',
    'event.resource.parse_raw("PICKLE".encode(), proto="pickle", allow_pickle=true)',
    'event.model_copy().parse_raw("PICKLE", proto="pickle", allow_pickle=true)',
    'event.parse_file("FILE", proto="pickle", allow_pickle=true)',
]
READS_A_FILE = 'event.resource.parse_file("FILE")'


@pytest.fixture
def limited(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(UserTemplateEnvironment, "is_safe_callable", UserTemplateEnvironment.is_safe_callable)
    only_fill_in()


def context() -> dict[str, Any]:
    event = ReceivedEvent(
        occurred=datetime(2026, 11, 23, 4, 5, tzinfo=UTC),
        event="benchwright.alert.raised",
        resource={"prefect.resource.id": "benchwright.alert.7", "benchwright.rule": "latency"},
        payload={"severity": "warning", "words": ["slow", "now"], "text": "a {0} b"},
        id=uuid.uuid4(),
    )
    return {"event": event}


def attack(expression: str, folder: Path) -> tuple[Path, str]:
    """The folder that the attack would make, and the template of it."""
    mark, file = folder / "mark", folder / "file"
    pickle = PICKLE.replace("MARK", str(mark))
    text = expression.replace("PICKLE", pickle).replace("FILE", str(file))
    file.write_bytes(pickle.encode().decode("unicode-escape").encode())
    return mark, "{{ " + text + " }}"


@pytest.mark.filterwarnings("ignore::pydantic.PydanticDeprecatedSince20")
@pytest.mark.parametrize("expression", READS_PICKLES)
def test_without_our_limits_a_template_runs_a_pickle(expression: str, tmp_path: Path) -> None:
    """What the attack does to Prefect's own server; where it fails there, it shows nothing about ours."""
    mark, template = attack(expression, tmp_path)
    with pytest.raises(TemplateRenderError):
        render_user_template_sync(template, context())
    assert mark.exists()


@pytest.mark.usefixtures("limited")
@pytest.mark.parametrize("expression", READS_PICKLES)
def test_a_template_runs_no_pickle(expression: str, tmp_path: Path) -> None:
    mark, template = attack(expression, tmp_path)
    with pytest.raises(TemplateRenderError, match="not safely callable"):
        render_user_template_sync(template, context())
    assert not mark.exists()


@pytest.mark.usefixtures("limited")
def test_a_template_of_a_webhook_runs_no_pickle(tmp_path: Path) -> None:
    mark, template = attack(READS_PICKLES[0], tmp_path)
    with pytest.raises(TemplateRenderError, match="not safely callable"):
        asyncio.run(render_user_template(template, context()))
    assert not mark.exists()


@pytest.mark.usefixtures("limited")
def test_a_template_reads_no_file(tmp_path: Path) -> None:
    _, template = attack(READS_A_FILE, tmp_path)
    (tmp_path / "file").write_text('{"prefect.resource.id": "a secret"}')
    with pytest.raises(TemplateRenderError, match="not safely callable"):
        render_user_template_sync(template, context())


@pytest.mark.usefixtures("limited")
@pytest.mark.parametrize(
    "expression",
    [
        "event.model_dump()",
        "event.receive()",
        "event.copy()",
        "event.occurred.now()",
        "event.occurred.strptime('1', '%d')",
        "event.resource.model_construct()",
        "event.resource.__setitem__('a', 'b')",
        "event.resource['x'].mro()",
        "dict.fromkeys('ab')",
        "unknown()",
    ],
)
def test_methods_that_are_not_of_plain_values_are_not_called(expression: str) -> None:
    with pytest.raises(TemplateRenderError):
        render_user_template_sync("{{ " + expression + " }}", context())


@pytest.mark.usefixtures("limited")
@pytest.mark.parametrize(
    ("template", "expected"),
    [
        ("{{ event.payload.severity|upper }}", "WARNING"),
        ("{{ event.payload['words']|join(' ') }}", "slow now"),
        ("{{ event.payload.get('severity').title() }}", "Warning"),
        ("{% for key, value in event.payload.items() %}{{ key }};{% endfor %}", "severity;words;text;"),
        ("{{ event.payload.text.format('x') }}", "a x b"),
        ("{{ event.resource.get('benchwright.rule') }}", "latency"),
        ("{{ event.resource['benchwright.rule'] }} {{ event.resource.labels.benchwright.rule }}", "latency latency"),
        ("{{ event.occurred.isoformat()[:16] }} {{ event.occurred.strftime('%Y') }}", "2026-11-23T04:05 2026"),
        ("{% macro shout(x) %}{{ x }}!{% endmacro %}{{ shout('now') }}", "now!"),
        ("{% set turn = cycler('a', 'b') %}{{ turn.next() }}{{ turn.next() }}", "ab"),
        ("{% set comma = joiner(',') %}{% for i in range(3) %}{{ comma() }}{{ i }}{% endfor %}", "0,1,2"),
        ("{% for i in [1, 2] %}{{ loop.cycle('odd', 'even') }}{% endfor %}", "oddeven"),
        ("{% set n = namespace(x=1) %}{% set n.x = 2 %}{{ n.x }} {{ dict(a=1).a }}", "2 1"),
        ("{% for i in [[1], [2]] recursive %}{{ i if i is number else loop(i) }}{% endfor %}", "12"),
        ("{{ unknown.thing or 'nothing' }}", "nothing"),
    ],
)
def test_a_template_fills_in_values(template: str, expected: str) -> None:
    assert render_user_template_sync(template, context()) == expected
    assert asyncio.run(render_user_template(template, context())) == expected
