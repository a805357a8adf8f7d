"""A request that is cancelled in the moment in which something of its answer arrives."""

import asyncio

import httpx
import pytest

from evaluation.providers.socket_exchange import SocketExchange


class Wire(asyncio.Transport):
    """A connection that goes nowhere."""

    def write(self, data: bytes | bytearray | memoryview) -> None:
        """Sends nothing."""

    def resume_reading(self) -> None:
        """Reads nothing."""


@pytest.mark.parametrize("silence_s", [None, 300.0])
def test_a_request_that_is_cancelled_while_a_part_of_its_answer_arrives_is_cancelled(silence_s: float | None) -> None:
    """Else Ctrl-C, or the time that a case may take, is lost, and the rest of the answer is waited for without end."""

    async def cancelled_while_data_arrives() -> bool:
        exchange = SocketExchange()
        exchange.connection_made(Wire())
        request = httpx.Request("GET", "http://127.0.0.1/", content=b"", extensions={"timeout": {"read": silence_s}})
        sending = asyncio.create_task(exchange.send(request))
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        exchange.data_received(b"HTTP/1.1 2")
        sending.cancel()
        await asyncio.wait({sending}, timeout=2.0)
        is_cancelled = sending.cancelled()
        sending.cancel()
        await asyncio.gather(sending, return_exceptions=True)
        return is_cancelled

    assert asyncio.run(cancelled_while_data_arrives())
