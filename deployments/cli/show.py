"""`benchwright show`."""


def show() -> None:
    """Not there yet."""
    raise NotImplementedError
