"""Text that XML can hold."""

from evaluation.escaping import one_line

_NO_XML = {code: "\ufffd" for code in (0xFFFE, 0xFFFF)}


def xml_line(text: str) -> str:
    """Return the text on one line, without characters that XML does not allow."""
    return one_line(text).translate(_NO_XML)
