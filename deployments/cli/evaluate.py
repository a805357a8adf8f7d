"""`benchwright evaluate`."""


def evaluate() -> None:
    """Not there yet."""
    raise NotImplementedError
