"""Where names stand beside dots so that none lies on another."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from evaluation.charts.theme import LETTER_PX

_DOT = 6
"""Pixels around the middle of a dot that no name may cover."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a name stands beside its dot."""

    align: Literal["left", "right", "center"]
    dx: int
    dy: int


PLACES = (
    Place(align="left", dx=9, dy=-6),
    Place(align="left", dx=9, dy=15),
    Place(align="right", dx=-9, dy=-6),
    Place(align="right", dx=-9, dy=15),
    Place(align="center", dx=0, dy=-14),
    Place(align="center", dx=0, dy=24),
    Place(align="left", dx=9, dy=-22),
    Place(align="left", dx=9, dy=31),
    Place(align="right", dx=-9, dy=-22),
    Place(align="right", dx=-9, dy=31),
)
"""The best first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Box:
    """A rectangle in pixels."""

    left: float
    top: float
    right: float
    bottom: float

    def touches(self, other: "Box") -> bool:
        """Check whether two boxes have a pixel in common."""
        return (
            self.left < other.right and other.left < self.right and self.top < other.bottom and other.top < self.bottom
        )

    def is_within(self, other: "Box") -> bool:
        """Check whether the whole box lies in another one."""
        return (
            self.left >= other.left
            and self.right <= other.right
            and self.top >= other.top
            and self.bottom <= other.bottom
        )


def label_places(
    dots: Sequence[tuple[float, float]], lengths: Sequence[int], room: Box
) -> list[tuple[Place, float, float] | None]:
    """Return the place of each name, with its anchor in pixels; None where there is no room. Earlier ones choose first.

    Args:
        dots: The middles of the dots.
        lengths: Characters of their names.
        room: Where names may stand.
    """
    taken = [Box(left=x - _DOT, top=y - _DOT, right=x + _DOT, bottom=y + _DOT) for x, y in dots]
    places: list[tuple[Place, float, float] | None] = []
    for (x, y), length in zip(dots, lengths, strict=True):
        free = next((place for place in PLACES if _is_free(_box(place, x, y, length), room, taken)), None)
        if free is not None:
            taken.append(_box(free, x, y, length))
        places.append(None if free is None else (free, x + free.dx, y + free.dy))
    return places


def _box(place: Place, x: float, y: float, length: int) -> Box:
    width = length * LETTER_PX
    left = x + place.dx - {"left": 0.0, "right": width, "center": width / 2}[place.align]
    base = y + place.dy
    return Box(left=left, top=base - 11, right=left + width, bottom=base + 3)


def _is_free(box: Box, room: Box, taken: Sequence[Box]) -> bool:
    return box.is_within(room) and not any(box.touches(other) for other in taken)
