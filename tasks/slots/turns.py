"""The turn of a model on a GPU: a lease on a limit of one slot, and a note beside it that names the model."""

import re
import time
from dataclasses import asdict, dataclass
from typing import Any

from tasks.slots.durations import SlotTiming
from tasks.slots.haste import asked_in_haste
from tasks.slots.leases import Leases
from tasks.slots.limits import Limit, Limits, LimitsAwayError


def note_name(tag: str) -> str:
    """Return the name of the Prefect variable with the model that is at work on `tag`."""
    return variable_name("turn", tag)


def variable_name(kind: str, tag: str) -> str:
    """Return the name of a Prefect variable about `tag`: only lower-case letters, digits and underscores."""
    return f"benchwright_{kind}_{re.sub(r'[^a-z0-9]+', '_', tag.lower()).strip('_')}"[:255]


@dataclass(frozen=True, slots=True, kw_only=True)
class TurnNote:
    """Note that the leader of a turn writes."""

    model_key: str
    model: str
    """Name of the model for people."""
    since: float
    """Start of the turn in Unix time, in seconds."""
    load_s: float = 0.0
    is_settled: bool = True
    """False until the leader has seen that no other model has slots any more; nobody else takes slots before that."""

    @classmethod
    def from_json(cls, value: Any) -> "TurnNote | None":
        """Return the note; None where it is missing or of another format."""
        try:
            return cls(
                model_key=str(value["model_key"]),
                model=str(value["model"]),
                since=float(value["since"]),
                load_s=float(value.get("load_s", 0.0)),
                is_settled=bool(value.get("is_settled", True)),
            )
        except (AttributeError, KeyError, TypeError, ValueError):
            return None


class TurnTable:
    """Turn on one GPU tag, as one claim sees it."""

    def __init__(
        self,
        limits: Limits,
        tag: str,
        timing: SlotTiming,
        *,
        model_key: str,
        model: str,
        lease: Leases,
        note: TurnNote | None,
    ) -> None:
        self.lease = lease
        self.note = note
        """Newest note that was read or written."""
        self._limits = limits
        self._name = note_name(tag)
        self._timing = timing
        self._model_key = model_key
        self._model = model
        self._since = 0.0
        self._is_settled = False
        self._n_beats = 0
        self._write_at = 0.0
        self._read_at = 0.0
        self._read_of = ("", 0)
        self._heard: tuple[Any, float] | None = None

    @property
    def leads(self) -> bool:
        """True while we hold the turn."""
        return self.lease.n > 0

    @property
    def is_announced(self) -> bool:
        """True if our note stands there since we hold the turn."""
        return self._write_at > 0

    @property
    def is_our_models(self) -> bool:
        """True if the newest note names our model."""
        return self.note is not None and self.note.model_key == self._model_key

    @property
    def is_settled(self) -> bool:
        """True if the turn is our model's, and no other model has slots any more."""
        return self._is_settled if self.leads else self._was_settled

    @property
    def _was_settled(self) -> bool:
        return self.is_our_models and self.note is not None and self.note.is_settled

    @property
    def has_lasted_s(self) -> float:
        """Seconds for which the model of the note has been at work."""
        return max(time.time() - self.note.since, 0.0) if self.note is not None else 0.0

    @property
    def owes_s(self) -> float:
        """Minimum duration of a turn of the note's model, in seconds."""
        load_s = self.note.load_s if self.note is not None else 0.0
        return max(load_s * self._timing.turn_per_load, self._timing.shortest_turn_s)

    async def take(self, limit: Limit, *, goes_on: bool) -> bool:
        """Take the turn; return whether it is ours now.

        The last owner's note is read when the turn is ours: before that, it may be another's soon. `announce`
        replaces it.

        Args:
            limit: The turn's limit.
            goes_on: Our model has slots, and was at work until now with another leader, with which its turn began.
        """
        if limit.n_free < 1 or not await self.lease.take(1, limit.limit_id):
            return False
        since = self.note.since if goes_on and self.note is not None else time.time()
        if not await self.read(limit, fresh=True):
            await self.lease.give_all_back()
            return False
        self._since = since
        self._is_settled = goes_on or self.note is None or self._was_settled
        self._write_at = 0.0
        return True

    def go_on(self) -> None:
        """Lead the turn that our claim led with its last model."""
        self._since = self.note.since if self.is_our_models and self.note is not None else time.time()
        self._is_settled = self._was_settled
        self._write_at = 0.0

    def settle(self) -> None:
        """Note that no other model has slots any more; none takes any that it uses while our note stands there."""
        self._is_settled = True

    async def announce_that_it_is_settled(self) -> None:
        """Let others with our model take slots."""
        if self._is_settled and not self._was_settled:
            await self.announce()

    async def announce(self, *, load_s: float | None = None) -> bool:
        """Write the note of our turn; return False where it could not be written, and has to be retried."""
        if load_s is not None:
            self._since = time.time()
        earlier_load_s = self.note.load_s if self.is_our_models and self.note is not None else 0.0
        note = TurnNote(
            model_key=self._model_key,
            model=self._model,
            since=self._since,
            load_s=max(earlier_load_s, load_s or 0.0),
            is_settled=self._is_settled,
        )
        self._n_beats += 1
        value = {**asdict(note), "beat": self._n_beats}
        try:
            await asked_in_haste(lambda: self._limits.write_note(self._name, value), self._timing)
        except LimitsAwayError:
            self._write_at = 0.0
            return False
        self.note = note
        self._write_at = time.monotonic() + self._timing.write_turn_every_s
        return True

    async def keep(self) -> None:
        """Report from time to time that the leader is alive."""
        if self.leads and time.monotonic() >= self._write_at:
            await self.announce()

    async def allows_slots(self, limit: Limit) -> bool:
        """Return True if slots that were taken just now may be used: the turn is our model's still, and has settled.

        A leader with another model announces itself, and then looks whether slots are taken. We take slots, and then
        read what is announced. So one of the two sees the other, in whatever order the requests arrive.
        """
        return self.leads or (await self.read(limit, fresh=True) and self.is_settled)

    async def read(self, limit: Limit, *, fresh: bool = False) -> bool:
        """Read the note; return False on failure. An old note is valid while no one has taken the turn since."""
        now = time.monotonic()
        version, n_reads = self._read_of
        n_reads = n_reads if version == limit.version else 0
        # A leader writes its note after it took the turn, so what was read just after a change is read once more.
        if not fresh and n_reads >= 2 and now < self._read_at + self._timing.read_turn_every_s:
            return True
        try:
            value = await asked_in_haste(lambda: self._limits.read_note(self._name), self._timing)
        except LimitsAwayError:
            self.hear_nothing()
            return False
        self._read_of = (limit.version, n_reads + 1)
        self._read_at = now
        self.note = TurnNote.from_json(value)
        if self._heard is None or self._heard[0] != value:
            self._heard = (value, now)
        return True

    def hear_nothing(self) -> None:
        """Excuse the silence of leaders while the server is away."""
        self._heard = None

    @property
    def is_forgotten(self) -> bool:
        """True where the leader has been silent for so long that there is none."""
        if self._heard is None:
            return False
        return time.monotonic() >= self._heard[1] + self._timing.turn_forgotten_after_s
