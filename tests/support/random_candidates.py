"""Random candidates: every option, prompt profiles with whatever people write, all think modes, weights or none."""

from hypothesis import strategies as st

from evaluation.candidate import Candidate, PromptProfile, WorkedExample
from evaluation.candidate_files.configuration import CandidateExport, configuration_of
from evaluation.options import MODELS_OWN, OPTIONS, candidate_options

HOSTILE = [
    '"', "'", '"""', "'''", "{", "}", "{prompt}", "\\", "\n", "\r\n", "\t", "# x", ": ", "- ", "|", ">", "%", "&a",
    "*a", "!!python/object:os.system", "no", "1e3", "0x1f", "12:30", "~", "null", "<<", "\u202e", "\u200d", "\x1b[2J",
    "\x85", "\u2028", "\ufeff", "\ufffe", "é", "🫠", "日本", " ", "\nFROM evil", "*/", "${x}", "`id`",
]  # fmt: skip
LETTERS = st.characters(exclude_categories=["Cs"])
TEXTS = st.lists(st.sampled_from(HOSTILE) | st.text(LETTERS, max_size=8), max_size=8).map("".join)
SOME_TEXT = TEXTS.map(lambda text: text or "x")
TEMPLATES = st.tuples(TEXTS, TEXTS).map("{prompt}".join)


def _values(name: str) -> st.SearchStrategy[object]:
    option = OPTIONS[name]
    if option.kind is bool:
        return st.booleans()
    if option.kind is list:
        return st.lists(SOME_TEXT, min_size=1, max_size=4)
    low, high = max(option.low, -1e6), min(option.high, 1e6)
    if option.kind is int:
        return st.integers(int(low), int(high))
    return st.floats(low, high, allow_nan=False)


OPTIONS_OF_CANDIDATES = st.lists(st.sampled_from(sorted(OPTIONS)), unique=True, max_size=8).flatmap(
    lambda names: st.fixed_dictionaries(
        {name: _values(name) | (st.just(MODELS_OWN) if name != "stop" else _values(name)) for name in names}
    )
)
EXAMPLES = st.builds(WorkedExample, prompt=TEXTS, answer=TEXTS)
PROFILES = st.builds(
    PromptProfile,
    name=st.sampled_from(["plain", "concise", "concise+system", "system-1a2b3c4d"]) | SOME_TEXT,
    system=st.none() | TEXTS,
    template=st.just("{prompt}") | TEMPLATES,
    examples=st.lists(EXAMPLES, max_size=3).map(tuple),
)


@st.composite
def candidates(draw: st.DrawFn) -> Candidate:
    """Candidates as an evaluation makes them."""
    digest = draw(st.none() | st.text("0123456789abcdef", min_size=12, max_size=64))
    return Candidate(
        model=draw(st.sampled_from(["llama3.1:8b", "hf.co/org/Model-GGUF:Q4_K_M", "qwen3:0.6b"]) | SOME_TEXT),
        digest=digest,
        options=candidate_options(draw(OPTIONS_OF_CANDIDATES)),
        profile=draw(PROFILES),
        think=draw(st.sampled_from([None, True, False, "low", "medium", "high", "max"])),
        endpoint_identity=None if digest else draw(SOME_TEXT),
    )


def exported(candidate: Candidate, **given: object) -> CandidateExport:
    """What is written of a candidate."""
    return CandidateExport(
        configuration=configuration_of(candidate),
        label=candidate.label,
        fingerprint=candidate.fingerprint,
        **given,  # type: ignore[arg-type]
    )
