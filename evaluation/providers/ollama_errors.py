"""Map Ollama's status codes and messages to transient and permanent provider errors.

The status alone does not tell: several of the user's mistakes come back as 500.
"""

import re
from collections.abc import Callable

from evaluation.errors import FailureKind, ProviderError, TransientProviderError, UnfitMessagesError
from evaluation.providers.context_overflow import overlong_error
from evaluation.providers.error_replies import Refusal, RequestContext
from evaluation.providers.streamed_answer import repeated_itself

_REPEATED = re.compile(r"token repeat limit", re.IGNORECASE)
_PERMANENT = re.compile(
    r"option \"?[^\"]*\"? must be of type|invalid format|\btemplate: |does not support|invalid duration"
    r"|unsupported (model|architecture)|unknown model architecture|failed to parse grammar"
    r"|json schema conversion failed|unrecognized schema",
    re.IGNORECASE,
)
_MALFORMED = re.compile(
    r"cannot unmarshal|illegal base64|image: unknown format|invalid image|failed to (decode|load) image"
    r"|missing tool (name|function)|unsupported (role|content)",
    re.IGNORECASE,
)
"""What servers say of messages, functions and images that they cannot read."""
_UNFIT = re.compile(
    r"jinja|roles must alternate|system role (is )?not supported|roles are supported|no user query found"
    r"|tool call ids? should be",
    re.IGNORECASE,
)
"""What templates of models say of a conversation that they do not foresee."""
_WRITTEN_BADLY = re.compile(r"pars(e|ing) tool call", re.IGNORECASE)
"""Of a call of a function that the model wrote, which is no fault of the request."""
_REFUSING_TYPES = frozenset({"invalid_request_error", "not_supported_error"})
"""Types of errors, as llama.cpp's server tells them, for a request that is itself at fault."""
_OUT_OF_MEMORY = re.compile(
    r"out of memory|requires more (system|gpu|video)? ?memory|insufficient (system |gpu |video )?memory"
    r"|cudaMalloc failed|(cannot|failed to|unable to) allocate"
    r"|not enough (system |gpu |video )?memory|ErrorOutOfDeviceMemory|bad_alloc",
    re.IGNORECASE,
)
_LOAD_FAILED = re.compile(
    r"timed out waiting for .*(start|load)|(unable|failed) to load model|error loading model|failed to load the model"
    r"|error starting (runner|llama)",
    re.IGNORECASE,
)


def ollama_error(refusal: Refusal, context: RequestContext) -> ProviderError:
    """Return the error for an Ollama server's refusal, classified by whether asking again may help."""
    if _REPEATED.search(refusal.message):
        return repeated_itself(context, context.text)
    if overlong := overlong_error(refusal, context):
        return overlong
    if special := _BY_STATUS.get(refusal.status):
        return special(refusal, context)
    return _by_text(refusal, context)


def _by_text(refusal: Refusal, context: RequestContext) -> ProviderError:
    message = refusal.sentence(context)
    if _OUT_OF_MEMORY.search(refusal.message):
        return TransientProviderError(
            message,
            FailureKind.OUT_OF_MEMORY,
            next_step="Take a smaller model or quantization, or lower num_ctx or the server's OLLAMA_NUM_PARALLEL.",
        )
    if _UNFIT.search(refusal.message):
        return UnfitMessagesError(message, FailureKind.BAD_OPTION, "Change the messages, or name another model.")
    if refusal.status < 500 or _PERMANENT.search(refusal.message) or _is_of_request(refusal):
        return ProviderError(message, FailureKind.BAD_OPTION, _next_step(refusal))
    if _LOAD_FAILED.search(refusal.message):
        return TransientProviderError(message, FailureKind.LOADING_TIMED_OUT, next_step="The server's log says why.")
    return TransientProviderError(message, FailureKind.RUNNER_CRASHED, refusal.retry_after_s)


def _is_of_request(refusal: Refusal) -> bool:
    """Check whether a server says that the request is malformed, whatever the status: Ollama answers some with 500.

    Ollama passes on what its inner server answered, with that server's own status and type.
    """
    code, kind = refusal.details.get("code"), refusal.details.get("type")
    if _WRITTEN_BADLY.search(refusal.message):
        return False
    is_inner_status = isinstance(code, int) and 400 <= code < 500 and code not in _BY_STATUS
    return is_inner_status or kind in _REFUSING_TYPES or _MALFORMED.search(refusal.message) is not None


def _next_step(refusal: Refusal) -> str | None:
    if "support thinking" in refusal.message:
        return "This model does not support `think`; remove the option."
    if 300 <= refusal.status < 400:
        return "The server redirects; give the address it redirects to."
    return None


def _no_key(refusal: Refusal, context: RequestContext) -> ProviderError:
    return ProviderError(
        refusal.sentence(context),
        FailureKind.REFUSED_BY_POLICY,
        "The server wants a key: say with `endpoints add` which variable holds it.",
    )


def _forbidden(refusal: Refusal, context: RequestContext) -> ProviderError:
    if refusal.message:
        return ProviderError(refusal.sentence(context), FailureKind.REFUSED_BY_POLICY)
    return ProviderError(
        f"{context.subject}: the server answered 403 and says nothing; Ollama does so where the request's Host header "
        "is not a local name (a tunnel, a proxy), and for remote models that its settings forbid",
        FailureKind.REFUSED_BY_POLICY,
        "Address it by localhost or its IP, or let the proxy send `Host: localhost`.",
    )


def _not_found(refusal: Refusal, context: RequestContext) -> ProviderError:
    if refusal.is_json and context.model:
        return ProviderError(
            f"{context.url}: {refusal.message or f'model {context.model!r} not found'}",
            FailureKind.MODEL_NOT_PULLED,
            f"Run `ollama pull {context.model}`.",
        )
    return ProviderError(
        f"{refusal.sentence(context)} (not an Ollama server?)",
        FailureKind.BAD_OPTION,
        "Check the address; `benchwright endpoints add NAME URL --provider openai_compatible` says what it speaks.",
    )


def _wrong_method(refusal: Refusal, context: RequestContext) -> ProviderError:
    return ProviderError(
        f"{refusal.sentence(context)} (not an Ollama server, or a very old one?)",
        FailureKind.BAD_OPTION,
        "Check the address, or update Ollama.",
    )


def _gave_up_waiting(refusal: Refusal, context: RequestContext) -> ProviderError:
    return TransientProviderError(
        f"{refusal.sentence(context)} (the client or a proxy went away while the request was queued or loading)",
        FailureKind.TIMED_OUT,
        refusal.retry_after_s,
    )


def _busy(refusal: Refusal, context: RequestContext) -> ProviderError:
    return TransientProviderError(refusal.sentence(context), FailureKind.QUEUE_FULL, refusal.retry_after_s)


def _down(refusal: Refusal, context: RequestContext) -> ProviderError:
    return TransientProviderError(refusal.sentence(context), FailureKind.SERVER_DOWN, refusal.retry_after_s)


def _not_able(refusal: Refusal, context: RequestContext) -> ProviderError:
    return ProviderError(
        refusal.sentence(context),
        FailureKind.BAD_OPTION,
        "For embeddings choose a model whose capabilities list `embedding`.",
    )


_BY_STATUS: dict[int, Callable[[Refusal, RequestContext], ProviderError]] = {
    401: _no_key,
    403: _forbidden,
    404: _not_found,
    405: _wrong_method,
    408: _gave_up_waiting,
    429: _busy,
    499: _gave_up_waiting,
    501: _not_able,
    502: _down,
    503: _busy,
    504: _gave_up_waiting,
}
