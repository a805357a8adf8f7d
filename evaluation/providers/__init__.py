"""The catalogue of wire protocols that a server may speak. To add one: a file, a class, a line here.

The differences between protocols are attributes of their classes (see `ModelServer`); no other code compares names.
"""

from typing import TYPE_CHECKING

from evaluation.catalogue import LazyCatalogue

if TYPE_CHECKING:
    from evaluation.providers.model_server import ModelServer

PROVIDERS: LazyCatalogue["ModelServer"] = LazyCatalogue(
    "provider",
    ollama="evaluation.providers.ollama:OllamaProvider",
    openai_compatible="evaluation.providers.openai_compatible:OpenAICompatibleProvider",
)
"""Provider classes in the order in which an unknown server is probed. Imported on lookup: help needs only names."""

OF_EMBEDDED_SERVER = "ollama"
"""Provider of the embedded server, which does not have to be probed."""
