"""The pictures of one page, limited to what a page can carry."""

from dataclasses import dataclass, field

from evaluation.pictures.svg import as_markdown_image

ROOM = 140_000
"""Characters for all pictures of a page, which is sent over the network in full whenever it is shown."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """A picture with its text alternative."""

    svg: str
    said: str


@dataclass(kw_only=True)
class Album:
    """Collects pictures up to a total size."""

    room: int = ROOM
    n_left_out: int = 0
    _used: int = field(default=0)

    def show(self, picture: Picture | None) -> list[str]:
        """Return the picture as Markdown; empty where there is none, or no room for it."""
        if picture is None:
            return []
        image = as_markdown_image(picture.svg, picture.said)
        if self._used + len(image) > self.room:
            self.n_left_out += 1
            return []
        self._used += len(image)
        return [image]

    def left_out(self) -> list[str]:
        """Return a line that says how many pictures were left out for want of room."""
        if not self.n_left_out:
            return []
        pictures = "1 more picture" if self.n_left_out == 1 else f"{self.n_left_out:,} more pictures"
        return [f"{pictures} would make this page too long to load; the tables have all numbers."]
