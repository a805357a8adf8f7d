"""Map errors of llama.cpp's server, vLLM and LM Studio to transient and permanent provider errors."""

from evaluation.errors import FailureKind, ProviderError, TransientProviderError
from evaluation.providers.context_overflow import overlong_error
from evaluation.providers.error_replies import Refusal, RequestContext
from evaluation.providers.ollama_errors import ollama_error


def openai_error(refusal: Refusal, context: RequestContext) -> ProviderError:
    """Return our error for what an OpenAI-compatible server refused, sorted by whether asking again may help."""
    if overlong := overlong_error(refusal, context, can_set_context=False):
        return overlong
    message = refusal.sentence(context)
    if refusal.status == 404 and refusal.is_json and context.model and "model" in refusal.message.casefold():
        return ProviderError(message, FailureKind.MODEL_NOT_PULLED, "Choose one of the models that it lists.")
    if refusal.status in (404, 405):
        return ProviderError(f"{message} (no such route)", FailureKind.BAD_OPTION, "Check the address of the server.")
    if refusal.status == 403:
        return ProviderError(message, FailureKind.REFUSED_BY_POLICY)
    if refusal.status == 503 and "loading" in refusal.message.casefold():
        return TransientProviderError(message, FailureKind.QUEUE_FULL, refusal.retry_after_s, "It is still loading.")
    return ollama_error(refusal, context)
