"""A closed list of named classes: what exists, and a helpful answer for what does not."""

from collections.abc import Iterator, Mapping
from typing import Generic, Protocol, TypeVar

from evaluation.errors import ConfigurationError, UnknownNameError


class Named(Protocol):
    """Anything with a `name` of its own class."""

    name: str


T = TypeVar("T")


class Catalogue(Mapping[str, type[T]], Generic[T]):
    """Classes by their `name`; an unknown name is answered with those that exist."""

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
