"""Symbols and letters that carry meaning although rules for prose remove them: `#define`, `i++`, `vitamin A`."""

import re

_NAMED = r"(?:vitamins?|hepatitis|influenza|h[ae]?emoglobin|appendix|serie)"
"""Nouns after which `a` is not an article."""
_LABELLED = (
    r"(?:angle|block|box|building|candidate|case|category|chapter|city|class|column|company|district|division|exhibit|factor|figure|"
    r"gate|grade|group|item|level|line|matrix|method|model|node|option|part|patient|person|phase|plan|platform|player|point|product|"
    r"protein|region|room|route|row|sample|scenario|schedule|section|series|set|side|stage|strep|team|terminal|tier|track|type|unit|"
    r"variable|variant|vector|version|ward|zone)s?"
)
NAMED_A = re.compile(
    rf"(?<!\w)(?:{_NAMED}\s+a(?![\w'’])|"
    rf"{_LABELLED}\s+a(?=\s*(?:$|[^\w\s'’-])|\s+(?:and|or|is|was|has|are)(?!\w)))",
    re.IGNORECASE,
)
"""A noun with a letter as its name instead of an article: vitamin A; group A."""
_SIGNS = re.compile(
    r"(?<=\S[^\S\n])(?:[/|+*^~=<>]{1,3}|&&)(?=\s)"
    r"|(?<!\S)(?:[#@!.](?=[^\W\d_])|\+\+(?=\w)|--(?=\w)|-(?=[^\W\d_]{1,2}(?!\w)))|(?<=\w)(?:\+\+|--)(?!\w)"
    r"|(?<=\d)\s[-−](?=\s\d)|(?<=(?<!\w)[^\W\d_])\s[-−](?=\s(?:\d|[^\W\d_](?!\w)))"
)


def find_symbols(text: str) -> list[str]:
    """Return the symbols of a program or sum (`#` of `#define`, `/` of `yes / no`), and letters that name something."""
    return [*_SIGNS.findall(text), *(" ".join(name.split()).casefold() for name in NAMED_A.findall(text))]
