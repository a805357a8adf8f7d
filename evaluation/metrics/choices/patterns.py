"""Regular expressions, in several languages, for announcing, denying, judging and correcting a choice.

Letters are searched in a text with single blanks and line breaks, without emphasis marks (see `text`).
"""

import re

_OPEN, _CLOSE = r"[(\[{\"'$]{0,3}", r"[)\]}\"'$.]{0,3}"
# Lower-case words that go on after a letter, as they never do after the article "a" or the word "I".
_GOES_ON = (
    r"because|since|as|and|or|nor|than|too|is|was|but|for|due|which|with|given|based|according|not|rather|instead|seems|would|must|"
    r"in|on|by|per|of\scourse|it\sis|I\sthink|I\sbelieve|definitely|obviously|over|wählen|nehmen|fits|है|if|though|although|where|while|so|only|here|then|therefore|can|could|makes|fits|describes|matches|"
    r"weil|denn|da|oder|und|ou|et|o|y|e|porque|ya|car|parce|perch[eé]|pois"
)
LETTER = (
    r"(?<![A-Za-zÀ-ɏ])(?:(?:options?|choices?|answers?|letters?|statements?|opci[oó]n|antwort|letra|lettera|lettre|buchstabe)"
    rf"\s)?{_OPEN}(?![aeiou][ ](?!(?:{_GOES_ON})\b)[a-z])"
    r"(?!(?-i:[aIi])[ ](?!(?:because|since|as|is|and|or|but|not|instead|rather|here|of\scourse|it\sis)\b)[a-z])"
    rf"(?P<letter>[A-Za-z])(?![A-Za-zÀ-ɏЀ-ӿ\d_°+#]|['’]\w|-\w|\.\w|\s*=\s*\w){_CLOSE}"
)
GOES_ON = re.compile(rf"\s?(?:$|\n|[^\w\s+#°=→<>&]|[\u0900-\u0dff\u3000-\uffef]|(?:{_GOES_ON})(?!\w))")
"""Text that may follow a chosen letter: an end, or a word that continues."""

_ONE = LETTER.replace("(?P<letter>", "(?:")
_JOIN = (
    r"\s?(?:,(?:\s?(?:and/or|and|or|und|oder|ou|et|y|o|e)(?!\w))?|[/&|、・]|(?:and/or|and|or|und|oder|ou|et|y|o|e|as\swell\sas|"
    r"plus|nor|en|eller|och|og|lub|albo|oraz|и|или|και|ή|ve|veya|dan|atau|và|hoặc|और|या|או|أو)(?!\w)|"
    r"和|或者?|与|跟|及|以及|と|か|または|와|과|이나|나|또는|و|ו)\s?(?:(?:maybe|perhaps|possibly|even|also|probably)\s)?"
)
GROUP = rf"(?:both\s|either\s|neither\s)?{_ONE}(?:{_JOIN}{_ONE}){{0,12}}"
"""One letter, or several offered together."""
_LISTED = (
    rf"(?:both\s|either\s|neither\s)?{_ONE}"
    rf"(?:(?:,\s?{_ONE}){{0,12}}(?:,?\s(?:and|or|nor|und|oder|y|ou)\s|\s?[/&]\s?){_ONE})?"
)

_FILLER = (
    r"(?:(?:clearly|definitely|therefore|thus|hence|then|obviously|likely|probably|most\s+likely|simply|just|indeed|"
    r"actually|certainly|surely|apparently|in\s+fact|now|still|also|the\s+(?:correct\s+)?(?:option|choice|answer|letter)|"
    r"(?-i:[ao]|la|le|die|el)(?=\s(?:letra|lettera|lettre|buchstabe|opci|option|[A-Za-z](?![\w'])))|option|choice|answer|letter|number|eindeutig|wahrscheinlich|claramente|la\s+opci[oó]n|die\s+option|the)\s?[:,]?\s?)"
)
_NOUN = (
    r"(?:(?:正确|正確|最终|最終|标准)?(?:答案|正解|答え|回答)(?:选|選)?|(?<=\n)A(?=\s?:\s)|^A(?=\s?:\s)|answer|option|choice|solution|response|pick|guess|vote|conclusion|selection|verdict|ans|letter|(?:correct|right|best)\sone|antwort|lösung|"
    r"respuesta|opci[oó]n|r[eé]ponse|choix|risposta|opzione|scelta|resposta|op[cç][aã]o|alternativa|antwoord|odpowied[zź]|"
    r"svar(?:et)?|คำตอบ|vastaus|cevap|yan[ıi]t|jawaban|odpov[eě][dď]|r[aă]spuns(?:ul)?|đáp\s+án|ответ|відповідь|απάντηση|उत्तर|الإجابة|"
    r"الجواب|תשובה|정답|답)"
)
_COPULA = (
    r"(?:(?:is|are|was|be|would\sbe|should\sbe|must\sbe|has\sto\sbe|will\sbe|could\sbe|may\sbe|might\sbe|remains|"
    r"seems\sto\sbe|appears\sto\sbe|comes\sout\sas|ist|lautet|wäre|es|ser[ií]a|est|serait|è|é|seria|to|är|er|on|là|adalah|"
    r"je|este|είναι|คือ|هي|هو|है)(?!\w)|是|为|為|は|は、|은|는)"
)
_ADJECTIVES = (
    r"(?:\s?\(?(?:correcta|correcte?|corretta|correta|richtige?|final|here|above|below|choice|option|chosen)\)?)?"
)
_WORDS_BETWEEN = r"(?:,?\s[^\W\d]{2,15}(?:['’]t)?,?){0,6}?"
_SIGN = r"(?:[:：=]|-{1,2}>|=>|→|⇒|➡|–|—|-)"
ANNOUNCED = re.compile(
    rf"(?<!\w){_NOUN}[\"']?{_ADJECTIVES}(?:{_WORDS_BETWEEN}\s?{_COPULA}(?P<denied>n't|\s(?:not|never|nicht|niet))?|\s?{_SIGN}|\s(?=[A-Za-z]\sहै)|(?<=[选選])|"
    rf"\s?\n)[\s:：=,*-]{{0,4}}(?:{_FILLER}){{0,3}}(?P<group>{GROUP})",
    re.IGNORECASE,
)
"""An announced answer: The answer is B; Answer: (B); die richtige Antwort lautet B; 答案是B."""

CHOSEN = re.compile(
    rf"(?:(?<![\w'’])(?:I(?:'d|'ll|'m|'ve)?|we|let's|let\sus)\s(?:(?:would|will|am|have|must|do|should|shall|can|going|to|going|have|probably|still|"
    rf"now|only|strongly|therefore|thus|rather)\s){{0,4}}(?:choose|chose|chosen|pick|picked|select|selected|go\swith|go\sfor|"
    rf"going\swith|went\swith|say|answer|vote\sfor|opt\sfor|guess|settle\son|stick\swith|conclude|lean\stowards?|bet\son|"
    rf"change\smy\sanswer\sto|believe|think)"
    rf"|(?:应该|我)?(?:选择?|選択?)|(?<!\w)(?:going\swith|choosing|selecting|picking|leaving(?:\sus)?(?:\swith)?|leaves(?:\sus)?(?:\swith)?|points\sto|"
    rf"corresponds\sto|matches|gives|yields|which\smakes\sit|(?:ich\swähle|elijo|escojo|je\schoisis|scelgo|escolho|ik\skies|wybieram|"
    rf"выбираю|creo\sque\ses|c'est|es\sist|ich\swürde|je\sdirais|(?:richtig|correct[ao]?|corretta|korrekt)\s(?:is|ist|es|est|è)|(?=letra\s)|only|"
    rf"clearly|definitely|probably|surely|certainly|obviously|actually|(?:most\s)?likely|(?:no|nope|wait|i\smean|oops|sorry)(?:,\s?(?:no\s)?(?:no|wait))?(?=,)|or\srather|so\s(?:is|are|would\sbe)))"
    rf"|(?<!\w)(?:I\smeant?|(?:scratch|strike|make)\sthat|never\smind|edit|update)[,:]?"
    rf"|(?<!\w)(?:it|that|this|which)(?:'s|’s|\s(?:is|was|must\sbe|has\sto\sbe|would\sbe|should\sbe|will\sbe))(?P<denied>\snot|n't|n’t)?"
    rf"|(?<!\w)(?:so|therefore|thus|hence|ergo|also|deshalb|por\s(?:lo\s)?tanto|donc)[,:]?"
    rf"|(?P<contrast>(?<!\w)(?:not|nicht|no|pas|neither\s{_ONE}\snor)|n't)\s{_ONE},?\s(?:but|sondern|sino|mais)(?:\srather)?"
    rf"|(?<!\w)(?:choose|select|pick|correction|rather|instead|make\sit)[,:]?)"
    rf"\s?[:,]?\s?(?:(?:that|it|it's|it’s|it\sis|to\sbe)\s){{0,2}}(?:{_FILLER}){{0,3}}(?P<group>{GROUP})",
    re.IGNORECASE,
)
"""A chosen letter: I choose C; it must be (b); so D."""

_RIGHT = (
    r"(?:correct|right|true|yes|best|better|preferable|closer|closest|stronger|accurate|valid|answer|winner|one|it|my\s(?:answer|choice|pick|guess)|most\s(?:likely|"
    r"accurate|appropriate|plausible|suitable|probable)|richtig|korrekt|correct[ao]s?|correcte|corrett[ao]|juist|goed)"
)
_WRONG = (
    r"(?:incorrect|wrong|worst|false|untrue|inaccurate|invalid|impossible|irrelevant|ruled\sout|eliminated|excluded|out|"
    r"implausible|unlikely|second|worse|less\s\w+|tempting|a\sdistractor|no(?!\s[a-z])|nope|falsch|incorrect[ao]s?|fals[ao]|faux|sbagliat[ao]|errad[ao])"
)
_ADVERBS = (
    r"(?:(?:like|the|a|an|also|both|clearly|definitely|therefore|thus|then|probably|likely|indeed|obviously|certainly|simply|"
    r"just|all|partially|only|factually|equally|closest\sto|die|la|el|le)\s){0,4}"
)
_VERB = (
    r"(?:is|are|was|were|seems|looks|appears|sounds|must\sbe|has\sto\sbe|would\sbe|should\sbe|can\sbe|ist|es|est|è|é|"
    r"fits)"
)
JUDGED = re.compile(
    rf"(?<![\w'])(?P<group>{_LISTED})\s?(?:{_VERB}(?P<denied>n't|n’t|\snot)?|(?P<cannot>can't|can’t|cannot|can\snot|does\snot|"
    rf"doesn't|doesn’t|do\snot|don't|don’t)|[:=–—-])\s(?:to\sbe\s)?{_ADVERBS}(?:(?P<right>{_RIGHT})|(?P<wrong>{_WRONG})|"
    r"(?P<other>\w+))(?!\w)",
    re.IGNORECASE,
)
"""A judged letter: C is right; (A) looks wrong; A: wrong."""

REJECTED = re.compile(
    rf"(?<![\w'])(?:not|never|neither|nor|unlike|except|but\snot|instead\sof|rather\sthan|other\sthan|over|against|than|"
    rf"(?:rul|eliminat|exclud|reject|dismiss|discard)(?:e|es|ed|ing)?(?:\sout)?|nicht|pas|no)\s(?:{_FILLER}){{0,2}}"
    rf"(?P<group>{_LISTED})",
    re.IGNORECASE,
)
"""A rejected letter: B, not A; this rules out C."""

WOULD_BE_WRONG = re.compile(
    r"[)\]\"']{0,2}\s(?:is|was|would\sbe|will\sbe)\s(?:an?\s|the\s)?(?:\w+\s)?(?:mistake|error|wrong|incorrect|foolish|unwise|risky)(?!\w)",
    re.IGNORECASE,
)
"""Text after a choice that rejects it: choosing B would be a mistake."""
FOR_EACH = re.compile(r"(?<!\w)(?:each|every|all|any)(?:\s\w+)?\s?$", re.IGNORECASE)
"""Text before a noun that announces the list of options instead of a choice: evaluate each option: …"""
MISTAKEN = re.compile(
    r"(?<!\w)(?:mistakes?|mistaken|errors?|traps?|pitfalls?|misconceptions?|wrong|foolish|unwise|incorrect|tempting)(?!\w)"
    r"[^.,;:!?\n]{0,40}\sto\s?$",
    re.IGNORECASE,
)
"""Text before a choice that is described as an error: a common mistake is to pick …"""
NEXT_QUESTION = re.compile(
    r"\n(?:(?:next\s)?(?:question|q|problem|exercise)(?:\s?\d{1,4})?\s?[:.]|(?:user|human|<\|(?:im_start|user)\|>)\s?:?)(?!\w)",
    re.IGNORECASE,
)
"""Start of a further question, which a model that does not stop writes itself."""
AFTER_TICK = re.compile(r"(?<=[✗✘❌✓✔✅])[\s,;|]+(?=[(\[]?[A-Za-z][)\].:\s])")
"""End of one option's verdict where the next option's letter follows on the same line."""
BOXED = re.compile(rf"\\f?box(?:ed)?\s?\{{\s?(?P<group>{GROUP})\s?\}}")
FINAL = re.compile(
    r"(?:final|correct(?:ed)?|revised|updated|actual|definitive)\W{0,3}(?:answer|choice|option)", re.IGNORECASE
)
DENIAL = re.compile(
    r"(?<!\w)(?:not|never(?!\smind)|cannot|unlikely|hardly|nobody|no\sone|none|disagree|(?<!no\s)(?<!any\s)(?<!without\s)(?<!without\sa\s)doubt(?:s|ful|ed)?|refus(?:e|es|ed|ing)|declin(?:e|es|ed|ing)|nicht|kein|ne|non|não|niet|inte|ikke|nie|не|nem|no\s(?:es|ser[ií]a|puede|parece))(?!\w)|n't(?!\w)|不是|并非",
    re.IGNORECASE,
)
SUPPOSED = re.compile(
    r"(?<!\w)(?:if|whether|unless|until|(?<!I\s)(?<!I'd\s)suppose|supposing|(?<!I\s)(?<!I'd\s)(?<!can\s)(?<!safely\s)(?<!would\s)assum(?:e|es|ing)|imagine|pretend|provided|"
    r"probability|chances?|likelihood|odds|possibility|idea|notion|(?:the|a|any|this)\s(?:claim|assertion|assumption|hypothesis|suggestion|belief)\sthat|wenn|falls|ob|angenommen|si|se)\s(?:that\s|dass\s|que\s)?"
    r"(?:(?:the|my|your|our|die|la|el|a)\s)?(?:(?:correct|right|final|best|true|richtige)\s)?$",
    re.IGNORECASE,
)
"""Text before a hypothetical or merely mentioned choice: suppose the answer is A; the probability that it's B."""
DENIED_BEHIND = re.compile(
    r"[)\]\"']{0,2}\s?(?:では(?:あり|な)|じゃ(?:あり|な)|[은는이가]?\s?아(?:닙|니)|değil(?!\w)|(?:是)?(?:不正?[确確对對]|错|錯)|(?:は)?(?:間違|違い|誤))"
)
"""Negation after a choice, in languages with negation at the end: Bではありません."""
CORRECTION = re.compile(
    r"(?<!\w)(?:no|wait|but|however|yet|espera|perd[oó]n|attendez|nein|moment|although|though|while|whereas|actually|correction|sorry|scratch\sthat|on\ssecond\sthought|hmm+|reconsider\w*|re-?check\w*|"
    r"mistake\w*|misread|apolog\w+|never\smind|strike\sthat|make\sthat|I\smeant?|edit|update|erratum|rather|instead|let\sme\s(?:check|think|verify|re)\w*|change\smy|oops|my\sbad|"
    r"that(?:'s|’s|\sis)\s(?:wrong|not\sright|incorrect)|not\squite|upon\s(?:reflection|review)|revis\w+|double.check\w*)(?!\w)",
    re.IGNORECASE,
)
ALSO = re.compile(r"(?<!\w)(?:also|too|as\swell|equally|likewise|so\s(?:is|are))(?!\w)", re.IGNORECASE)
NOT_THE_ANSWER = re.compile(
    r"(?:incorrect|wrong|false|worst|least\s\w+|opposite\sof|tempting|popular|falsche|first|second|third|fourth|next|other)\s?$",
    re.IGNORECASE,
)
OTHERS_SAY = re.compile(
    r"(?<!\w)(?:many|some|(?<!the\s)most|others?|people|students|everyone|anyone|one|you\s(?:might|may|could|would)|they|he|she)(?:\s\w+){0,4}\s?$",
    re.IGNORECASE,
)
THEY_KNOW = re.compile(r"(?<!\w)(?:know|agree)s?(?!\w)", re.IGNORECASE)
CLAUSE_END = re.compile(r"[.;:,!?\n]|(?<!\w)(?:but|so|because|since|therefore|thus|hence|and)(?!\w)", re.IGNORECASE)
NO_CHOICE_AFTER = re.compile(
    r"(?:appendix|figure|fig|section|part|parts|table|equation|eq|type|group|class|grade|point|plan|step|question|example|"
    r"panel|column|row|exhibit|chapter|series?|vitamin|hepatitis|theorem|case|mr|mrs|ms|dr|team|player|person|city|case|see)"
    r"[.\s]{0,2}$",
    re.IGNORECASE,
)
NO_SINGLE_ANSWER = re.compile(
    r"(?<!\w)(?:all|none|neither|both|any|either|several|two)\s(?!(?:\w+\s){0,3}(?:others?|rest|remaining|wrong|incorrect))(?:(?:of|are|is|these|those|the|them|options?|choices?|answers?|"
    r"above|given|listed|options\sare)\s?){1,6}",
    re.IGNORECASE,
)
"""Statements that reject a single answer: All of the above, none of these, both are right."""

ANNOUNCED_TEXT = re.compile(
    rf"(?<!\w)(?:{_NOUN}[\"']?{_ADJECTIVES}(?:{_WORDS_BETWEEN}\s?{_COPULA}(?P<denied>n't|\s(?:not|never|nicht|niet))?|\s?{_SIGN})"
    rf"|I(?:'d|'ll|\swould|\swill)?\s(?:choose|pick|select|go\swith|say))\s{{0,2}}(?P<filler>(?:{_FILLER}){{0,2}})",
    re.IGNORECASE,
)
"""Announcement before an option's text: The answer is …"""

CONCLUDED_TEXT = re.compile(
    rf"(?:(?:^|(?<=[.!?;:,\n]\s)|(?<=\n))(?:so|therefore|thus|hence|ergo|consequently)(?!\w)|(?<!\w)(?:I\smeant?|actually|sorry|oops|"
    r"correction|rather|(?:make|scratch)\sthat)(?!\w)|(?<!\w)(?:wait|no|nope|nein)(?=[,!:;…—–-]|\.\s\D))"
    rf"[,:;.!…—–-]{{0,3}}\s{{0,2}}(?:(?:I\smeant?|(?:then\s)?(?:it|that)(?:'s|\sis|\smust\sbe))\s)?(?P<filler>(?:{_FILLER}){{0,2}})",
    re.IGNORECASE,
)
"""Conclusion before an option's text that ends its clause (`TEXT_ENDS`): So …; no, …"""
TEXT_ENDS = re.compile(r"[\"')\]]{0,2}(?:\s?\([A-Za-z]\))?(?:[.!;,](?!\w)|\s?$|\n|\s(?:because|since|as)(?!\w))")

JOIN = re.compile(_JOIN, re.IGNORECASE)
ALTERNATIVE = re.compile(
    r"[.,;]?\s?(?:but\s)?(?:\(?or|alternatively|possibly|maybe|perhaps|though\sit\s(?:could|might))\s(?:(?:maybe|perhaps|possibly|even|it|could|might|also|be)\s){0,4}"
    rf"{_ONE}",
    re.IGNORECASE,
)
"""Alternative after a claim: or maybe C."""

OFFERED_TOO = re.compile(
    r"(?<!\w)(?i:also|as\swell\sas)\s(?i:be\s)?\(?(?P<after>[A-Z])(?=[\s.)]*$|[).,;!\n])"
    r"|(?<![\w'])\(?(?P<before>[A-Z])\)?\s(?:(?:is|was|would|could|may|might|can)\s)?"
    r"(?:(?:also|equally)\s(?:be\s)?(?:an?\s)?(?:acceptable|possible|correct|right|valid|fine|true|okay|ok|works?|fits?|do|an\sanswer)"
    r"|(?:be\s)?(?:acceptable|correct|right|valid|fine|true|okay|ok|works?|fits?|do)[ ](?:too|as\swell))(?!\w)"
)
"""Second letter offered beside the first: but B is also acceptable; it could also be B."""

NOT_ONLY = re.compile(r"(?<!\w)not\s(?:only|just)(?!\w)", re.IGNORECASE)

SO_IS = re.compile(r"so\s(?:is|are|would\sbe)(?!\w)", re.IGNORECASE)
"""Extension of the previous statement to the next letter: and so is A."""

ALSO_LEADS = re.compile(r"also(?!\w)", re.IGNORECASE)
JOINT_TEXT = re.compile(
    r"(?:both\s)?(?:options?\s|choices?\s|answers?\s)?\(?[A-Z]\)?(?:(?:,\s?(?:and\s)?|\s?&\s?|\sand\s)\(?[A-Z]\)?)+"
    r"(?:\sonly|\sare\s(?:both\s|all\s)?(?:correct|right|true))?\.?",
    re.IGNORECASE,
)
"""An option that combines several others: Both A and B."""
ALL_BEFORE = re.compile(r"(?:all|both)\s(?:of\s)?(?:the|these)(?:\s(?:\w+\s)?above)?\.?", re.IGNORECASE)
"""An option that combines all previous ones: All of the above."""

LINE_VERDICT = re.compile(
    rf"[\s.):,(–—\-]{{0,4}}(?:{_VERB}\s|this\s(?:is|option\sis)\s|that\sis\s)?{_ADVERBS}(?:(?P<wrong>not\s(?:the\s)?(?:correct|right|true|answer|best)|{_WRONG}(?!\w)|[✗✘❌×])|"
    rf"(?P<right>(?:correct|right|true|yes|richtig|correct[ao])(?!\w)|[✓✔✅]))",
    re.IGNORECASE,
)
SEVERAL = re.compile(rf"(?<!\w){_ONE}(?:{_JOIN}{_ONE}){{1,12}}".replace("[A-Za-z])(?!", "[A-Z])(?!"))
"""Letters named together."""

SUBJECT = re.compile(
    r"(?:^|(?<=[.;:!?]\s)|(?<=\n))(?:[Oo]ption\s)?[(\[]?(?P<letter>[A-Z])[)\]]?(?:\s(?:is|was)(?!\w)|:\s)"
)
"""A letter that starts a statement about itself: A is in France."""

ONLY_IF = re.compile(r"\s(?:if|when|were|had|in\scase|unless)(?!\w)", re.IGNORECASE)
FOLLOWED_BY_QUESTION = re.compile(r"[^.!\n;]{0,40}\?")
LINE_LETTER = re.compile(
    rf"(?:options?\s|choices?\s|answers?\s)?{_OPEN}(?P<letter>[A-Za-z])[)\]}}\"'$]{{0,3}}\s?[.):,\-–—]?\s?(?P<rest>.*)"
)
ALONE = re.compile(
    rf"(?:(?<![\w)°])[(\[](?P<bracketed>[A-Za-z])[)\]](?!\w)|(?<!\w)(?:option|choice|answer|letter|opci[oó]n|alternativa|antwort|respuesta|r[eé]ponse|risposta|resposta|cevap|ответ|svar)\s{_OPEN}(?P<named>[A-Z])(?![\w'’+#])"
    r"|(?<!\w)(?:maybe|perhaps|possibly)\s(?P<perhaps>[A-Z])(?=$|[.,;!\n])|(?<!\w)(?P<itis>[A-Z])(?=\sit\sis(?!\w))|(?:^|(?<=[.:;!?,]\s)|(?<=\n))(?P<leading>[A-Z])(?=$|[.,;:!?)](?:\s|$)|\n)(?!\.\s(?-i:[a-z])))",
    re.IGNORECASE,
)
"""A letter in brackets, after "option", or alone between two marks."""

NOTHING_BUT = re.compile(r"[^\w¬~≠]*(?P<letter>[A-Za-z])[^\w+#?/]*")
"""A text of only a letter and marks."""
LEADS = re.compile(
    r"[(\[\"']{0,2}(?:option\s|choice\s|answer\s)?[(\[\"']{0,2}(?P<letter>[A-Za-z])(?:[)\]\"']{0,2}[).:,\]\n;–—]|[)\]]|"
    r"\s\((?=[^()]{1,80}\)[.!]?$)|\s(?:-|–|—|because|since|as|is|,|instead|rather|over|of\scourse|but\snot|I\s(?:think|believe|guess)|it\sis)(?!\w))",
    re.IGNORECASE,
)
"""A letter at the start of an answer."""
WEIGHED = re.compile(
    r"(?<!\w)(?:consider(?:ing)?|(?:start|begin)(?:s|ing)?\swith|look(?:ing)?\sat|examin(?:e|ing)|evaluat(?:e|ing)|check(?:ing)?|"
    r"analy[sz](?:e|ing)|tak(?:e|ing)|test(?:ing)?|try(?:ing)?|(?:question|problem|text|passage)\sis\sabout|(?:options|choices)(?:\s(?:are|include))?[:,]?)\s(?:first\s|(?:the\s)?(?:first\s)?(?:option|choice|answer)s?\s)?[(\[\"']?$",
    re.IGNORECASE,
)
"""Text before an option that is only considered: let's consider …"""
UNDECIDED = re.compile(
    r"(?<!\w)(?:(?<!I\s)(?:suppose|assume|imagine)|whether|(?:decide|determine|ask|asks|see|know|tell|check|find\sout|verify|figure\sout)\sif|if\sthe\s(?:statement|claim|sentence|answer))(?!\w)",
    re.IGNORECASE,
)
"""Text in a clause that leaves its option open: the question is whether …"""
IN_TURN = re.compile(
    r"\W{0,3}\s?is\sthe\s(?:first|second|third|fourth|next|other|last)\s(?:option|choice|one)(?!\w)", re.IGNORECASE
)
"""Text after a letter that is only the next to be considered."""
AFFIRMED = re.compile(r"[^.!?\n]{0,40}\?\s(?:yes|yeah|right|correct|ja|sí|oui)(?!\w)", re.IGNORECASE)
"""Text after a question that the answer itself affirms."""
