"""`monitor` as a function: one look, as the command has it."""

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from evaluation import CheckFailedError, load_alerts, monitor, monitor_async
from evaluation.errors import ConfigurationError, StoreError

Options = dict[str, Any]


def test_a_look_finds_what_the_command_finds_and_fails_where_that_is_asked(
    everything: str, asked: Options, benchwright: Callable[..., str]
) -> None:
    result = monitor(token_budget={"numbers": 500}, since="4w", without="duration")

    found = {each.alert.rule for each in result.alerts if each.state == "open"}
    assert {"tokens", "model"} <= found
    assert {alert.alert_id for alert in load_alerts()} >= {each.alert.alert_id for each in result.alerts}
    frame = result.to_frame()
    assert len(result.statistics) == len(frame)
    assert ("float64", "datetime64[us, UTC]") == (str(frame["duration_s"].dtype), str(frame["at"].dtype))
    assert result.sentence in result._repr_html_()
    with pytest.raises(CheckFailedError, match="over its budget of 500") as raised:
        asyncio.run(monitor_async(token_budget="numbers=500", fail_on_alert=True))
    assert raised.value.result.alerts  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: monitor(since="tomorrow"), "^since 'tomorrow' is not a duration"),
        (lambda: monitor(token_budget="many"), "^token_budget 'many' is not a budget"),
        (lambda: monitor(slower_than=1), "slower_than must be more than 1"),
        (lambda: monitor(without="quantity"), "left_out.0 must be 'duration', 'success'"),
        (lambda: monitor(token_budget=3), r"^monitor\(\): token_budget must be a text or several texts or a mapping"),
    ],
)
def test_a_wrong_option_is_refused_before_any_server_is_started(
    call: Callable[[], object], message: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse() -> None:
        raise AssertionError("a Prefect server is started")

    monkeypatch.setattr("deployments.kept_server.kept_server", refuse)

    with pytest.raises(ConfigurationError, match=message):
        call()


def test_a_database_that_is_not_there_is_said_so(database: str) -> None:
    with pytest.raises(StoreError):
        monitor(db=f"{database}.missing")
    with pytest.raises(TypeError, match="did you mean 'since'"):
        monitor(sinc="30d")  # type: ignore[call-arg]
