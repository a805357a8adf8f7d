"""Who sends a request, as the guard before the gateway found out."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from starlette.requests import Request

from evaluation.chat_protocols.calls import ChatCall
from evaluation.records.access import ApiKey
from evaluation.records.policies import Budget

CONVERSATION_HEADER = "x-benchwright-conversation"
_NOTHING = Budget()


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """Who sends a request."""

    key: ApiKey | None
    """None: a program of this machine, or a gateway without a guard."""
    conversation: str | None
    """As the request names it; None: it is told by its first messages."""

    @property
    def key_id(self) -> str | None:
        """Id of the key."""
        return None if self.key is None else self.key.key_id

    @property
    def budget(self) -> Budget:
        """Budget of the key."""
        return _NOTHING if self.key is None or not self.key.budget else Budget(**_counted(self.key.budget))

    def conversation_of(self, first_messages: str) -> str:
        """Return a hash that calls of one conversation share, and that tells nothing of it."""
        text = f"{self.key_id}\0{self.conversation or first_messages}"
        return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:32]


def first_messages(call: ChatCall) -> str:
    """Return what the calls of one conversation begin with: all up to the first message of the user."""
    texts: list[str] = []
    for turn in call.turns:
        texts.append(f"{turn.role}\0{turn.text}")
        if turn.role == "user":
            break
    return "\0".join(texts)


def caller_of(request: Request) -> Caller:
    """Return who sends a request."""
    access = request.scope.get("state", {}).get("access")
    named = request.headers.get(CONVERSATION_HEADER, "").strip()
    return Caller(key=getattr(access, "key", None), conversation=named[:200] or None)


def _counted(budget: Mapping[str, float]) -> dict[str, Any]:
    return {name: int(limit) if name == "tokens" else limit for name, limit in budget.items()}
