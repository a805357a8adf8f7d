"""Every wire protocol that a server may speak. To add one: a file, a class, a line here."""

from evaluation.catalogue import Catalogue
from evaluation.providers.ollama import OllamaProvider
from evaluation.providers.openai_compatible import OpenAICompatibleProvider

PROVIDERS: Catalogue[OllamaProvider | OpenAICompatibleProvider] = Catalogue(
    "provider", OllamaProvider, OpenAICompatibleProvider
)
