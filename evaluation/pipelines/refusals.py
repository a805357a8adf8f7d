"""Recognises answers that refuse the task or say that they do not know."""

import re

_APOSTROPHE = str.maketrans({"’": "'", "‘": "'"})
_OPENING = 240
"""Characters within which a refusal begins; later ones belong to an answer."""
_REFUSAL = re.compile(
    r"\b(?:i(?:'m| am)? (?:(?:am |'m )?(?:sorry|afraid)\b.{0,40}?\bi |really )?"
    r"(?:can(?:no|')t|can not|could(?:n't| not)|am (?:not able|unable)|'m (?:not able|unable)|"
    r"won't|will not|do(?:n't| not) (?:know|have (?:enough|sufficient|access|any information)))"
    r"|(?:i'm|i am) (?:not able|unable|not sure)"
    r"|as an? (?:ai|large) (?:language )?model"
    r"|(?:not enough|insufficient) (?:information|context)"
    r"|(?:can(?:no|')t|cannot|can not) (?:be )?(?:determined?|answer(?:ed)?|help|assist)"
    r"|(?:the )?(?:answer|information|context|passage|document|text) (?:is|does|do)(?:n't| not) "
    r"(?:provided?|given|mention|contain|available|stated?|say|known))",
    re.IGNORECASE | re.DOTALL,
)


def is_refusal(answer: str) -> bool:
    """Check whether an answer begins by refusing, or by saying that it does not know. English only."""
    return _REFUSAL.search(answer.translate(_APOSTROPHE)[:_OPENING]) is not None
