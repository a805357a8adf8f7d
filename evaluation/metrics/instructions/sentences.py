"""Sentence boundary detection by Punkt (Kiss & Strunk 2006, doi:10.1162/coli.2006.32.4.485), as in NLTK.

A mark that may end a sentence is considered with the word before and the word after it; the decision depends on lists
of words. NLTK learned its lists from newspapers and does not install them with the package. Ours, common English words
and abbreviations in lower case, are chosen to decide as NLTK's English model does on them, and omit its collocations:
the rules are the same, and results differ where a rare word follows an abbreviation or dots.
"""

import re
from collections.abc import Iterator
from itertools import pairwise
from string import whitespace

_ABBREVIATIONS = """
jan feb aug sept sep oct nov dec
tues wed fri
adm col dr gen lt maj messrs mr mrs ms prof rep reps sen sr jr st
bros cie co corp cos inc ltd
ala ariz calif colo conn ct fla ga ill kan ky mich minn nev okla ore pa tenn va vt wash wis w.va n.c n.d n.h n.j
n.m n.v n.y r.i s.c d.c l.a u.k u.n u.s u.s.a u.s.s.r
a.m p.m ave chg ft mg m.b.a ph.d s.p.a vs yr
c d e f g h k l m n p r s t v w
a.a a.c a.d a.g a.h a.s a.t b.f b.v c.v d.h d.w e.f e.h e.l e.m f.g f.j g.d g.f g.k h.c h.f h.m j.b j.c j.j j.k
j.p j.r l.f l.p m.j r.a r.h r.j r.k r.t s.a s.g s.s t.j w.c w.r w.w
"""
ABBREVIATIONS = frozenset(_ABBREVIATIONS.split())
"""Titles, months, firms, states, times, single letters and the initials of people."""

_STARTERS = """
above according accordingly adding afterwards along although always among answers anybody anyone anything anyway
apparently apply approximately ask assuming behind being believe besides better between beyond body both boy build
businesses but calculate call cannot car certainly check choose cold combine consider cool create currently
deliver despite develop different discover does dogs doing done drain early eight either empty enjoy ensure enter
even eventually ever everywhere exactly example examples experience experts explore eyes finally follow forward
friend furthermore girl given global guess hands happy he hence her here him hold hot however hundred hurry i idea
if imagine important improve in include including indeed instead into invest it learn list listen living looking
maintain many mean meanwhile mind minus mix months moon moreover morning most mother multiply need neither
nevertheless nonetheless nor note nothing nowhere number okay onto otherwise overall pick places please points
political possibly private probably problem problems provide put question questions rain rarely readers receive
recently regarding relax remember remove researchers result results roughly sad sales same season send separately
serve seven shouldn silence similarly simple simply since sit slow snow so solve some somehow someone sometimes
soon sorry specifically spend stand step still such suddenly suppose surely teach team ten thank thanks the them
there therefore these they things think this though thousand through thus together tomorrow traditional trees try
turn typically ultimately under unfortunately unless us using wait walk warm weeks welcome were when whereas
whether which while whom wish within without words working yes yesterday yet your
"""
STARTERS = frozenset(_STARTERS.split())
"""Words that, if capitalised, start a sentence after an abbreviation or dots."""

_USUALLY_SMALL = """
a about across actually add after again against all also am an and another answer any apart are around art as at
avoid away back bad based basically be because been before beginning below best big book books bring buy by can
cars cat cats certain child children city clearly close come common companies complex could couldn country cover
customers cut data day days did do doctors dog down due during each earth easy economic education end evening
every everybody everyone everything face family fast father feel few find fire first five focus food for forest
four free friends from full game games generally get getting give go good great group had hand hard has have
having head health heart heat help hey high his history home hope house how human ideas increase information
international is its join just keep know large last late later learning less let letter life light like line local
long look love low make making man may maybe me means men might million modern money more mountain move much music
must my name national natural near never new next night nine no nobody none not notice now obviously of off offer
often old on once one only open or order other others our out over parents part parts pay peace people perhaps
place plus point poor press public read really reason reasons reduce research rich road run save say science
scientists sea second see sell set several share she short should show side six small social somebody something
somewhere special stars start steps stop story street strong students sun take talk teachers technology tell than
that their then thing third those three time to today too total travel tree twice two until up use users usually
visit voice want war was watch water way ways we weak well what where who whose why will wind with woman women
wonder word work world would wouldn write year years you young
"""
USUALLY_SMALL = frozenset(_USUALLY_SMALL.split())
"""Words that, if capitalised, start a sentence after an initial, since they do not continue a name."""


_CLOSING = "['\")\\]}‘’“”«»]"
_NO_WORD = "[)\";}\\]*:@'({\\[‘’“”«»!?]"
_LONG_MARK = r"(?:-{2,}|\.{2,}|(?:\.\s){2,}\.)"
_TOKEN = re.compile(
    rf"{_LONG_MARK}|(?=[^(\"`{{\[:;&#*@)}}\]\-,])\S+?(?=\s|$|{_NO_WORD}|{_LONG_MARK}|,(?=$|\s|{_NO_WORD}|{_LONG_MARK}))|\S"
)
_CANDIDATE = re.compile(rf"[.?!](?=(?P<after>{_NO_WORD}|\s+(?P<next>\S+)))")
_LEFT_OVER = re.compile(rf"{_CLOSING}+?(?:\s+|(?=--)|$)", re.MULTILINE)
_ELLIPSIS = re.compile(r"\.\.+")
_NUMBER = re.compile(r"-?[.,]?\d[\d,.\-]*\.?")
_INITIAL = re.compile(r"[^\W\d]\.")
_INSIDE = frozenset(";:,.!?")

_Span = tuple[int, int]
_Context = tuple[re.Match[str], str]


def sentences(text: str) -> list[str]:
    """Return the sentences of a text, in time that grows with its length."""
    return [text[start:stop] for start, stop in _with_closing_marks(text, list(_spans(text)))]


def _spans(text: str) -> Iterator[_Span]:
    start = 0
    for mark, context in _contexts(text):
        if _holds_an_end(context):
            yield start, mark.end()
            start = mark.start("next") if mark["next"] else mark.end()
    yield start, len(text.rstrip())


def _with_closing_marks(text: str, spans: list[_Span]) -> Iterator[_Span]:
    """Yield the non-empty spans, with quotes and brackets moved to the sentence that they close."""
    taken = 0
    for (start, stop), following in zip(spans, [*spans[1:], None], strict=True):
        match = _LEFT_OVER.match(text[slice(*following)]) if following else None
        if match and following:
            yield start + taken, following[0] + len(match[0].rstrip())
        elif start + taken < stop:
            yield start + taken, stop
        taken = match.end() if match else 0


def _contexts(text: str) -> Iterator[_Context]:
    """Yield each mark that may end a sentence, with the word around it and the text after it.

    Of several marks in one word, only the last.
    """
    held: re.Match[str] | None = None
    word: _Span = (0, 0)
    for mark in _CANDIDATE.finditer(text):
        start = _word_start(text, word, mark.start())
        if held and word[1] <= start:
            yield held, text[slice(*word)] + held[0] + held["after"]
        held, word = mark, (start, mark.start())
    if held:
        yield held, text[slice(*word)] + held[0] + held["after"]


def _word_start(text: str, word: _Span, stop: int) -> int:
    """Return the place after the last blank since the previous word; without a blank, where that word starts."""
    between = text[word[1] : stop]
    blank = max(between.rfind(character) for character in whitespace)
    return word[1] + blank + 1 if blank > 0 else word[0]


def _holds_an_end(context: str) -> bool:
    """Check whether a token of the context other than the last ends a sentence."""
    tokens = [token for line in context.split("\n") for token in _TOKEN.findall(line)]
    return any(_ends(token, following) for token, following in pairwise(tokens))


def _ends(token: str, following: str) -> bool:
    is_abbreviation = _is_abbreviation(token)
    is_ellipsis = _ELLIPSIS.fullmatch(token) is not None
    is_initial = _INITIAL.fullmatch(token) is not None
    if is_abbreviation or is_ellipsis:
        return not is_initial and following[0].isupper() and _type(following) in STARTERS
    if not token.endswith(".") or token.endswith(".."):
        return token in ("?", "!")
    if is_initial:
        return not (
            _goes_on(following) or (following[0].isupper() and _type(following) not in USUALLY_SMALL | STARTERS)
        )
    return not (_NUMBER.fullmatch(token) and _goes_on(following))


def _is_abbreviation(token: str) -> bool:
    if not token.endswith("."):
        return False
    word = token[:-1].lower()
    return word in ABBREVIATIONS or word.rpartition("-")[2] in ABBREVIATIONS


def _goes_on(following: str) -> bool:
    """Check that the text does not begin a sentence."""
    return following in _INSIDE or following[0].islower()


def _type(token: str) -> str:
    """Return the word in lower case, without the period after it."""
    return token.removesuffix(".").lower()
