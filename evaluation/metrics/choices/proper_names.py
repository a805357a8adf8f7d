"""Letters that are part of a name and not an option: `Vitamin C`, `Cardi B`, `the protein A`."""

import re

from evaluation.metrics.choices import patterns as wording

_FUNCTION_WORDS = (
    r"option|choice|answer|letter|statement|alternative|and|or|nor|but|so|that|then|thus|hence|therefore|because|since|if|when|only|"
    r"both|either|neither|not|while|whereas|although|though|as|here|there|clearly|with|for|is|are|was|be|it|its|to|by|of|in|on|at|"
    r"from|than|over|maybe|perhaps|possibly|probably|surely|definitely|yes|no|nope|well|wait|sorry|oops|also|now|still|even|instead|"
    r"rather|unlike|except|think|believe|say|guess|choose|pick|select|conclude|correct|right|wrong|final|could|would|should|might|may|"
    r"must|can|will|does|do|did|make|makes|making|leave|leaves|leaving|my|the|a|an|this|these|those|each|every|all|any|actually|"
    r"obviously|hmm|okay|ok|though|seems|looks|let|letting|going|choosing|selecting|picking|hence|finally|overall|among|between|"
    r"que|es|ist|est|dass|daß|denke|pense|creo|opci[oó]n|respuesta|antwort|r[eé]ponse|choix|letra|lettera|lettre|opzione|risposta|"
    r"alternativa|resposta|buchstabe|und|oder|ou|et|o|y|e|ja|nein|oui|non|sí|si|also|nur|aber|pero|mais|la|el|le|die|der|das"
)
_CAPITALISED = re.compile(rf"(?<![\w'])(?!(?i:{_FUNCTION_WORDS})\s)[A-ZÀ-Þ][a-zß-ÿ]{{2,}}\s[(\[\"']?$")
_DETERMINED = re.compile(rf"(?<![\w'])(?i:the|an?)\s(?!(?:{_FUNCTION_WORDS})\s)[a-zß-ÿ]{{3,}}\s$")


def is_in_a_name(text: str, start: int) -> bool:
    """Check whether the letter at `start` ends a name, after a noun such as `vitamin` or a capitalised word."""
    before = text[max(0, start - 40) : start]
    end = before.rstrip(" ([\"'")[-1:]
    if not (end.isalpha() or end == "."):
        return False
    return any(pattern.search(before) for pattern in (wording.NO_CHOICE_AFTER, _CAPITALISED, _DETERMINED))
