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
"""In the order in which a server is asked what it speaks. Imported when looked up: help texts need only the names."""

OF_EMBEDDED_SERVER = "ollama"
"""The provider of the embedded server, which need not be asked."""
