"""Closed classes of English words that indicate a sentence's position and how definite a claim is."""

from collections.abc import Mapping

CUE_CLASSES: Mapping[str, str] = {
    word: name
    for name, listed in {
        "modal": "will would can could may might must should shall need needs",
        "be": "is are was were be been being am",
        "anaphoric": "it its they them their theirs he she him his her hers these those such this that there itself",
        "contrast": "however but instead otherwise although though unlike rather yet nevertheless nonetheless still "
        "while",
        "example": "example instance particular specifically case cases",
        "also": "also then thus so therefore hence furthermore moreover additionally similarly likewise finally again "
        "too consequently",
        "indefinite": "a an",
        "negative": "not no only never cannot don't doesn't",
        "relating": "more other another same both different above each all any",
        "speaker": "we you your our i",
        "condition": "if when because since unless until once",
        "pointing": "see note read refer details information",
        "definite": "the",
        "time": "later next after before now meanwhile afterwards last",
        "ordinal": "second third fourth fifth secondly thirdly",
        "question": "how what which who why where",
        "preposition": "in on at for by with from to",
    }.items()
    for word in listed.split()
}
"""Classes of words that hint at the position of their sentence."""

_MORE_SMALL_TEXT = """
    and or nor than as of without into onto about over under between through during do does did done have has had
    having me us my mine yours ours whom whose every some own one two three either neither most less least much
    many few very just even ever here up down out off further whether
"""
SMALL_WORDS = frozenset(CUE_CLASSES) | frozenset(_MORE_SMALL_TEXT.split())
"""Function words, which two sentences may share without a common topic."""

INTRODUCING = frozenset(["a", "an", "some", "each", "any", "every", "one", "two", "three", "several", "four"])
POINTING_BACK = frozenset(["the", "its", "their", "his", "her", "both", "this", "these", "that", "those", "such"])
DEMONSTRATIVES = frozenset(["this", "these", "that", "those", "such"])
ARTICLES_OF_ORDERS = frozenset(["a", "an", "the", "all", "this", "if", "whether", "one", "each", "any", "of", "for"])
"""Words that often follow the initial verb of a description or a request: "Return the", "Counts all"."""
_FINITE_TEXT = "is are was were be been has have had can will may must should would could do does did"
FINITE = frozenset(_FINITE_TEXT.split())
_PAST_TEXT = """
    was were had did said told made took went came found became began gave got knew left saw thought held put won lost
    wrote ran
"""
PAST = frozenset(_PAST_TEXT.split())
"""Past-tense verbs that do not end in "ed"."""
ORDINALS: Mapping[str, int] = {
    word: place
    for place, listed in enumerate(
        (
            "begin initially",
            "first firstly one",
            "second secondly two",
            "third thirdly next then",
            "fourth",
            "fifth",
            "finally last lastly",
        )
    )
    for word in listed.split()
}
SPEAKERS: Mapping[str, str] = {
    word: who
    for who, listed in {"you": "you your", "we": "we our us", "i": "i my me", "he": "he she his her him"}.items()
    for word in listed.split()
}
"""Words for speaker, addressee and third persons."""
TELLING: Mapping[str, str] = {
    word: name
    for name, listed in {
        "has_also": "also",
        "has_other": "other another others same both such more",
        "has_however": "however but therefore thus hence though instead otherwise",
        "has_modal": "can will may must should would could might",
        "has_negative": "not no never cannot don't",
    }.items()
    for word in listed.split()
}
"""Classes of words that hint at a sentence's position from anywhere in it."""

_DANGLING_TEXT = """
    the a an and or but nor of to from with into than because although while whether if its their our your my very
"""
DANGLING_WORDS = frozenset(_DANGLING_TEXT.split())
"""Words that cannot end an answer."""
