"""Catalogues of named classes; an unknown name raises an error that lists the existing ones."""

from collections.abc import Iterator, Mapping
from importlib import import_module
from typing import Generic, Protocol, TypeVar

from evaluation.errors import ConfigurationError, UnknownNameError


class Named(Protocol):
    """An object whose class has a `name`."""

    name: str


T = TypeVar("T")


class Catalogue(Mapping[str, type[T]], Generic[T]):
    """Classes by their `name`; the error for an unknown name lists the known ones."""

    def __init__(self, kind: str, *entries: type[T]) -> None:
        self._kind = kind
        self._entries: dict[str, type[T]] = {}
        for entry in entries:
            name = str(entry.name)  # type: ignore[attr-defined]
            if name in self._entries:
                raise ConfigurationError(f"two entries of the {kind} catalogue are named {name!r}", "Rename one.")
            self._entries[name] = entry

    def __getitem__(self, name: str) -> type[T]:
        try:
            return self._entries[name]
        except KeyError:
            raise UnknownNameError(self._kind, name, sorted(self._entries)) from None

    def __contains__(self, name: object) -> bool:
        return name in self._entries

    def __iter__(self) -> Iterator[str]:
        return iter(self._entries)

    def __len__(self) -> int:
        return len(self._entries)


class LazyCatalogue(Mapping[str, type[T]], Generic[T]):
    """A catalogue that imports a class only when it is looked up."""

    def __init__(self, kind: str, **places: str) -> None:
        """List the entries.

        Args:
            kind: What they are, for messages.
            places: Where the class of each name is: `package.module:Class`.
        """
        self._kind = kind
        self._places = places

    def __getitem__(self, name: str) -> type[T]:
        if name not in self._places:
            raise UnknownNameError(self._kind, name, sorted(self._places))
        module, _, class_name = self._places[name].partition(":")
        entry: type[T] = getattr(import_module(module), class_name)
        if entry.name != name:  # type: ignore[attr-defined]
            raise ConfigurationError(
                f"the {self._kind} catalogue lists {self._places[name]} as {name!r}, and it has another name",
                "Write the same name in both.",
            )
        return entry

    def __contains__(self, name: object) -> bool:
        return name in self._places

    def __iter__(self) -> Iterator[str]:
        return iter(self._places)

    def __len__(self) -> int:
        return len(self._places)
