"""`benchwright demo`."""


def demo() -> None:
    """Not there yet."""
    raise NotImplementedError
