"""One supervised attempt at a generation.

When its time is up, it is decided whether the server is dead, loading, queueing or still generating.
"""

import asyncio
from enum import StrEnum

from evaluation.errors import CandidateFailureError, FailureKind, ProviderError, TransientProviderError
from evaluation.formatting import seconds
from evaluation.generation import Generation, GenerationRequest
from evaluation.providers.model_names import is_remote, same_model
from evaluation.providers.provider import Provider
from evaluation.providers.request_phase import Phase
from evaluation.providers.streamed_answer import Draft

ASK_S = 2.0
"""Timeout in seconds for asking a working server what it has loaded, however busy its GPU is."""
FIRST_LOOK_S = 10.0
"""Seconds without a token after which the server is asked whether it is loading, which does not count as time used."""
POLL_S = 1.0
"""Interval in seconds at which a loading server is asked whether it has finished."""
SILENT_S = 20.0
"""Seconds for which a server that was loading may not answer anything at all."""


async def supervised(provider: Provider, request: GenerationRequest, *, load_timeout_s: float = 900.0) -> Generation:
    """Return the answer, complete and checked: like `Provider.generate`, but `timeout_s` leaves out loading.

    Cancellation closes the connection at once, which stops the server's work.

    Args:
        provider: The provider to ask.
        request: The request.
        load_timeout_s: Maximum seconds from sending the request until the model is loaded.

    Raises:
        CandidateFailureError: the candidate's own failure.
        TransientProviderError: a timeout, with what the server was doing in the message; or as `generate`.
        ProviderError: as `generate`.
    """
    draft = Draft()
    watch = _Watch(provider, request, draft, load_timeout_s)
    try:
        async with asyncio.timeout(None) as limit:
            watch.begin(limit)
            return await provider.answer(request, draft)
    except TimeoutError as error:
        if not limit.expired():
            raise
        raise watch.verdict() from error
    finally:
        watch.end()


async def answered(provider: Provider, request: GenerationRequest) -> Generation:
    """Return the answer of a supervised attempt; the candidate's own failure is an answer too.

    Raises:
        ProviderError: the server failed.
    """
    try:
        return await supervised(provider, request)
    except CandidateFailureError as error:
        return Generation(text=error.text, answer="", own_failure=error.kind, message=error.message)


class _Doing(StrEnum):
    """State of a request on its server, found by asking the server."""

    DEAD = "dead"
    LOADING = "loading"
    QUEUED = "queued"
    """Waiting or reading the prompt: the model is in memory, and no token has come."""
    GENERATING = "generating"


class _Watch:
    """Supervisor of one attempt: a timer, and only for a long attempt a task that asks what the server is doing."""

    def __init__(self, provider: Provider, request: GenerationRequest, draft: Draft, load_timeout_s: float) -> None:
        self._provider = provider
        self._request = request
        self._draft = draft
        self._load_timeout_s = load_timeout_s
        self._tells_loading = provider.tells_what_is_loaded and not is_remote(request.model)
        self._own_time_began_s = 0.0
        """Start of the time that counts, in seconds since sending; moves on while the model loads."""
        self._task: asyncio.Task[ProviderError] | None = None
        self._is_over = False

    def begin(self, limit: asyncio.Timeout) -> None:
        """Start the timer; `limit` expires when the attempt has to end."""
        self._limit = limit
        first_s = self._first_look_s if self._tells_loading else self._request.timeout_s
        self._timer = asyncio.get_running_loop().call_later(first_s, self._wake)

    def end(self) -> None:
        """Stop watching."""
        self._is_over = True
        self._timer.cancel()
        if self._task is not None:
            self._task.cancel()

    def verdict(self) -> ProviderError:
        """Return why the attempt had to end."""
        if self._task is None:
            raise RuntimeError("nobody has ended this attempt")
        return self._task.result()

    @property
    def _first_look_s(self) -> float:
        return min(FIRST_LOOK_S, self._request.timeout_s / 4)

    def _wake(self) -> None:
        if self._draft.phase is Phase.GENERATING and self._left_s > 0:
            self._timer = asyncio.get_running_loop().call_later(self._left_s, self._wake)
            return
        self._task = asyncio.create_task(self._watched())
        self._task.add_done_callback(self._end_attempt)

    def _end_attempt(self, task: asyncio.Task[ProviderError]) -> None:
        if not self._is_over and not task.cancelled():
            self._limit.reschedule(asyncio.get_running_loop().time())

    @property
    def _left_s(self) -> float:
        return self._own_time_began_s + self._request.timeout_s - self._draft.elapsed_s

    async def _watched(self) -> ProviderError:
        """Wait for as long as the attempt may continue, and return why it may not."""
        while True:
            doing = await self._doing()
            left_s = self._left_s
            if doing is _Doing.LOADING:
                self._own_time_began_s = self._draft.elapsed_s
                left_s = self._load_timeout_s - self._own_time_began_s
            elif doing is _Doing.DEAD and self._own_time_began_s:
                left_s -= max(0.0, self._request.timeout_s - SILENT_S)
            if left_s <= 0:
                return self._out_of_time(doing)
            is_waiting = doing in (_Doing.LOADING, _Doing.DEAD)
            await asyncio.sleep(min(left_s, POLL_S, self._first_look_s) if is_waiting else left_s)

    async def _doing(self) -> _Doing:
        n_chunks = self._draft.n_chunks
        is_loaded = await self._has_loaded()
        if self._draft.n_chunks > n_chunks:
            return _Doing.GENERATING
        if is_loaded is None:
            return _Doing.DEAD
        if self._draft.phase is Phase.GENERATING:
            return _Doing.GENERATING
        return _Doing.QUEUED if is_loaded else _Doing.LOADING

    async def _has_loaded(self) -> bool | None:
        """Return whether the model is in memory, True where the server cannot tell; None: no answer at all."""
        try:
            async with asyncio.timeout(ASK_S):
                if not self._tells_loading:
                    await self._provider.version()
                    return True
                return any(same_model(model.name, self._request.model) for model in await self._provider.loaded())
        except TimeoutError:
            return None
        except ProviderError as error:
            return None if error.kind in (FailureKind.SERVER_DOWN, FailureKind.TIMED_OUT) else True

    def _out_of_time(self, doing: _Doing) -> ProviderError:
        if doing is _Doing.LOADING:
            return TransientProviderError(
                f"{self._subject}: still not loaded after {seconds(self._draft.elapsed_s)}, and no token has come",
                FailureKind.LOADING_TIMED_OUT,
                next_step="See the server's log; a smaller model or context loads faster.",
            )
        late = f"{self._subject}: no complete answer within {self._request.timeout_s:g} s"
        if doing is _Doing.DEAD:
            return TransientProviderError(
                f"{late}, and the server answers no other question either: it is dead or stuck",
                FailureKind.SERVER_DOWN,
                next_step="See the server's log, and start it again.",
            )
        late += f" of its own and {seconds(self._own_time_began_s)} of loading" if self._own_time_began_s else ""
        was = {
            _Doing.QUEUED: "the request was still queued, or its prompt being read; no token has come",
            _Doing.GENERATING: f"still generating, {self._draft.so_far}",
        }[doing]
        return TransientProviderError(
            f"{late}; {was}",
            FailureKind.TIMED_OUT,
            next_step="Allow more with `--timeout`, or lower `num_predict`.",
        )

    @property
    def _subject(self) -> str:
        return f"{self._provider.url}, model {self._request.model!r}"
