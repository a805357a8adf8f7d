"""The served models, and the names under which they are found."""

from collections.abc import Iterable, Iterator

from deployments.embedded.engine import ServedModel
from deployments.embedded.replies import WireError


class Registry:
    """Served models by name: `x` means `x:latest`, and names are case-insensitive."""

    def __init__(self, models: Iterable[ServedModel]) -> None:
        self._models = {model.name.lower(): model for model in models}

    def __iter__(self) -> Iterator[ServedModel]:
        return iter(self._models.values())

    def get(self, name: str) -> ServedModel | None:
        """Return the model of that name, or None."""
        full = name.lower() if ":" in name else f"{name.lower()}:latest"
        return self._models.get(full)

    def find(self, name: str) -> ServedModel:
        """Return the model of that name.

        Raises:
            WireError: 404, there is none.
        """
        model = self.get(name)
        if model is None:
            raise WireError(404, f"model '{name}' not found")
        return model
