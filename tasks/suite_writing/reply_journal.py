"""The journal of replies: what a model replied is on the disk before it is used, and is never asked again.

One file per corpus and pair of models. A line holds the hash of the request and the reply, so that the same command
goes on where it was killed, and one with more cases or a changed document asks only what is new.
"""

import json
import os
import threading
from pathlib import Path
from typing import Any, TypeAlias

from platformdirs import user_data_path

from evaluation.errors import ConfigurationError
from evaluation.files.private_files import make_private_file, make_private_folder
from evaluation.fingerprint import canonical_json, fingerprint
from evaluation.metrics.requests import AskJudge
from evaluation.scores import ScoreFailure

Reply: TypeAlias = str | ScoreFailure
OF_SERVER = frozenset({"judge_given_up", "judge_not_loaded"})
"""Failures that say nothing about the model's reply, although their names begin as those do."""


def journal_path(corpus: Path, digests: tuple[str, ...]) -> Path:
    """Return the file for a corpus and the models that write and check, in the user's data folder."""
    folder = user_data_path("benchwright", appauthor=False) / "drafts"
    return folder / f"{fingerprint([str(corpus.resolve()), *digests])[:24]}.jsonl"


class ReplyJournal:
    """Replies by request, each on the disk before anybody sees it."""

    def __init__(self, path: Path) -> None:
        """Read the replies that are there; a line that was cut by a kill is left out.

        Raises:
            ConfigurationError: the file cannot be read or written.
        """
        self.path = path
        self.n_added = 0
        self._used: set[str] = set()
        self._replies: dict[str, Reply] = {}
        self._lock = threading.Lock()
        self._is_cut = False
        try:
            make_private_folder(path.parent)
            make_private_file(path)
            self._read(path.read_bytes())
            self._file = os.open(path, os.O_WRONLY | os.O_APPEND)
            if self._is_cut:
                os.write(self._file, b"\n")  # so that what is added begins a line of its own
        except OSError as error:
            raise ConfigurationError(
                f"the drafts cannot be kept in {str(path)!r}: {error.strerror or error}", "Make that folder writable."
            ) from error
        self._of_earlier_calls = frozenset(self._replies)

    @property
    def n_reused(self) -> int:
        """Number of replies of earlier calls that were used in this one."""
        return len(self._used & self._of_earlier_calls)

    def _read(self, content: bytes) -> None:
        self._is_cut = bool(content) and not content.endswith(b"\n")
        for line in content.splitlines():
            try:
                entry: Any = json.loads(line)
                self._replies[entry["key"]] = _reply(entry)
            except (ValueError, KeyError, TypeError, RecursionError):
                continue

    def find(self, request: AskJudge, options: dict[str, Any]) -> Reply | None:
        """Return the reply to an equal request with equal options; None: it was never asked."""
        key = _key(request, options)
        reply = self._replies.get(key)
        if reply is not None:
            self._used.add(key)
        return reply

    def add(self, request: AskJudge, options: dict[str, Any], reply: Reply) -> None:
        """Keep a reply. A failure of the server is not kept: it is asked again."""
        self.n_added += 1
        if isinstance(reply, ScoreFailure) and not is_of_model(reply):
            return
        key = _key(request, options)
        line = json.dumps({"key": key, **_as_entry(reply)}, ensure_ascii=True) + "\n"
        with self._lock:
            self._replies[key] = reply
            os.write(self._file, line.encode())
            os.fsync(self._file)

    def close(self) -> None:
        """Close the file."""
        os.close(self._file)


def is_of_model(failure: ScoreFailure) -> bool:
    """Check whether the model itself failed (its reply was empty, cut or endless), and not its server."""
    is_own = failure.kind.startswith("judge_") or failure.kind == "verdict_unreadable"
    return is_own and failure.kind not in OF_SERVER


def _key(request: AskJudge, options: dict[str, Any]) -> str:
    turns = [[turn.role, turn.content] for turn in request.messages]
    return fingerprint(
        [request.model, request.digest, turns, request.schema, request.seed, request.num_predict, options]
    )


def _reply(entry: dict[str, Any]) -> Reply:
    if "text" in entry:
        return str(entry["text"])
    return ScoreFailure(kind=str(entry["failure"]["kind"]), message=str(entry["failure"]["message"]))


def _as_entry(reply: Reply) -> dict[str, Any]:
    if isinstance(reply, str):
        return {"text": reply}
    return {"failure": {"kind": reply.kind, "message": reply.message}}


def canonical_options(options: Any) -> dict[str, Any]:
    """Return the options as plain JSON, so that equal ones have equal hashes."""
    plain: dict[str, Any] = json.loads(canonical_json(dict(options)))
    return plain
