"""Every wire protocol that a server may speak. To add one: a file, a class, a line here.

What tells one protocol from another is said by its class (see `ModelServer`), and nobody else compares names.
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
