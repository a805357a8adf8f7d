"""How many messages, and of how many bytes, a side takes from the other."""

import os

import pytest

from evaluation.sandbox.inside import channel as line_module
from evaluation.sandbox.inside.channel import Channel, UnreadableError, write_frame
from evaluation.sandbox.inside.shared import Shared
from evaluation.sandbox.inside.values import Encoder, PlainOnly


@pytest.mark.parametrize(("bound", "value"), [("MAX_MESSAGES", 3), ("MAX_BYTES_OF_ALL", 100)])
def test_a_side_that_sends_more_than_its_bound_has_broken_the_line(
    bound: str, value: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(line_module, bound, value)
    reads, theirs = os.pipe()
    ignored, writes = os.pipe()
    served = []
    line = Channel(reads, writes, PlainOnly(), lambda word, *args: served.append(word), shared=Shared(0))
    sender = Shared(1)
    for _ in range(4):
        write_frame(theirs, Encoder(PlainOnly(), sender).encoded((True, 1, "call", (), (), ((), {}))))
    try:
        with pytest.raises(UnreadableError, match=r"more than .* messages or .* bytes"):
            line.serve()
        assert isinstance(line.trouble, UnreadableError)
        assert 0 < len(served) <= 3
    finally:
        for file in (reads, theirs, ignored, writes):
            os.close(file)
