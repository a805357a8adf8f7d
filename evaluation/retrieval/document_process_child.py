"""Child process of `document_process`: read documents until stdin closes.

What goes back is JSON and text, which the parent checks: a library in C that a file has broken may send anything.
"""

import json
import logging
import os
import warnings
from functools import partial
from pathlib import Path
from typing import IO, Any

from evaluation.files.bounded_reading import MIB
from evaluation.retrieval.left_out import LONGEST_REASON, WhyLeftOut
from evaluation.retrieval.readers import READERS
from evaluation.retrieval.unreadable_document import UnreadableDocumentError
from evaluation.user_code.child_side import GRACE_S, end_after, limit_memory, own_pipes, quiet_without_pipes
from evaluation.user_code.framing import read_message, write_message

OUT_OF_MEMORY = "out_of_memory"
"""Value of `why` where the limit of memory was met, beside those of `WhyLeftOut`."""
MAYBE_OUT_OF_MEMORY = "maybe_out_of_memory"
"""Likewise where a library says that the file is damaged, as some written in C do who get no memory."""
_MUCH = 0.5
"""Share of the limit above which a file that seems damaged may have met it."""
_LARGEST = 1024 * MIB


def main() -> None:
    """Serve requests until the input ends. What libraries log or warn of a file stands in the reply alone."""
    requests, replies = own_pipes()
    logging.disable(logging.CRITICAL)
    warnings.simplefilter("ignore")
    with quiet_without_pipes():
        while _is_served(requests, replies):
            pass
    os._exit(0)


def _is_served(requests: IO[bytes], replies: IO[bytes]) -> bool:
    try:
        header = json.loads(read_message(requests, most=_LARGEST))
    except EOFError:
        return False
    limit_memory(header["memory_bytes"])
    end_after(header["limit_s"] + GRACE_S)
    try:
        reply, text = _reply(header["kind"], read_message(requests, most=_LARGEST))
        if reply.get("why") == WhyLeftOut.DAMAGED and _peak_bytes() > _MUCH * header["memory_bytes"]:
            reply = {"why": MAYBE_OUT_OF_MEMORY}
        send = partial(_send, replies, reply, text.encode("utf-8", "surrogatepass"))
    except MemoryError:
        send = partial(_send, replies, {"why": OUT_OF_MEMORY}, b"")
    end_after(0)
    send()
    return True


def _reply(kind: str, content: bytes) -> tuple[dict[str, Any], str]:
    try:
        text, page_starts = READERS[kind](content)
    except UnreadableDocumentError as error:
        return {"why": error.why, "reason": error.reason[:LONGEST_REASON]}, ""
    except MemoryError:
        raise
    except Exception as error:  # libraries let through whatever their parts raise on a damaged file
        reason = f"damaged: {str(error) or type(error).__name__}"
        return {"why": WhyLeftOut.DAMAGED, "reason": reason[:LONGEST_REASON]}, ""
    return {"page_starts": page_starts}, text


def _peak_bytes() -> int:
    """Return the most memory that this process has held at a time; 0 where the system does not tell."""
    try:
        lines = Path("/proc/self/status").read_text(encoding="ascii", errors="replace").splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1]) * 1024 for line in lines if line.startswith("VmHWM:")), 0)


def _send(replies: IO[bytes], reply: dict[str, Any], text: bytes) -> None:
    write_message(replies, json.dumps(reply).encode("ascii"), most=_LARGEST)
    write_message(replies, text, most=_LARGEST)
