"""Words that say little, that deny, and that change their form: the small dictionary of the measures of support."""

_SMALL_WORDS = """
a about after again all also although am an and any are as at be because been before being both but by can could did
do does done during each either else even ever every few for from further had has have having he her here hers herself
him himself his how however i if in into is it its itself just may me might more most much must my myself of off on
once one only or other our ours ourselves out over own said same shall she should since so some such than that the
their theirs them themselves then there therefore these they this those though through thus to too under until up upon
us very was we were what when where whether which while who whom whose why will with within would yet you your yours
yes true false ok okay sure indeed mr mrs ms dr
"""
STOP_WORDS = frozenset(_SMALL_WORDS.split())
"""English words that say little about what a sentence claims; in other languages weights by rarity must do."""

_DENYING = """
not no never neither nor cannot none nobody nothing nowhere without hardly scarcely
nicht kein keine keinen keinem keiner nie niemals ohne pas jamais aucun aucune sans nunca ningún ninguna
"""
DENIALS = frozenset(_DENYING.split())
"""Beside these, every English word that ends in `n't`."""
NOT_DENIED_BEFORE = frozenset({"only", "doubt", "just", "merely", "least", "nur"})

SUFFIXES = (
    "ements",
    "ement",
    "ments",
    "ment",
    "ness",
    "ingly",
    "ings",
    "ing",
    "edly",
    "ed",
    "ions",
    "ion",
    "ly",
    "es",
    "s",
)
"""English endings, the longest first."""

_FORMS = """
become became
begin began begun|break broke broken|bring brought|build built|buy bought|catch caught|choose chose chosen|come came
child children|cut cuts|do did|draw drew drawn|drink drank drunk|drive drove driven|eat ate eaten|fall fell fallen
feel felt|fight fought|find found|fly flew flown|foot feet|forget forgot forgotten|freeze froze frozen|get got gotten
give gave given|go went gone|grow grew grown|hear heard|hide hid hidden|hold held|keep kept|know knew known|lead led
leave left|lend lent|light lit|lose lost|make made|man men|mean meant|meet met|mouse mice|pay paid|person people
ride rode ridden|ring rang rung|rise rose risen|run ran|say said|see saw seen|seek sought|sell sold|send sent
shake shook shaken|sing sang sung|sink sank sunk|sit sat|sleep slept|speak spoke spoken|spend spent|stand stood
steal stole stolen|swim swam swum|take took taken|teach taught|tell told|think thought|throw threw thrown
understand understood|use used using|wear wore worn|win won|woman women|write wrote written
"""
IRREGULAR = {
    form: forms[0] for line in _FORMS.replace("\n", "|").split("|") if (forms := line.split()) for form in forms[1:]
}
"""The dictionary form of irregular ones."""
