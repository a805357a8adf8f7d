"""Word lists that decide whether a period ends a sentence, in lower case and without a final period.

Common English words and abbreviations, chosen so that decisions on them match those of NLTK's English model; the other
20,000 newspaper words of that model are left out. It does not treat "etc", "e.g" and "i.e" as abbreviations.
"""

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
