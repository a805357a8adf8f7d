"""`python docs/tools/glossary_page.py`: writes `docs/glossary.md` from the words that pages explain."""

from pathlib import Path

from evaluation.glossary import DOMAIN, FIGURES, LABELS, Term

PAGE = Path(__file__).parents[1] / "glossary.md"
_INTRODUCTION = """\
# Glossary

The words of pages, reports, tables and these documents. On a page a word with a dotted line explains itself when it is
pressed; `/words` has them all.
"""
_SECTIONS = (
    ("Words", DOMAIN),
    ("Figures and headings of tables", FIGURES),
    ("Labels beside scores", LABELS),
)


def render() -> str:
    """Return the page."""
    parts = [_INTRODUCTION]
    for title, terms in _SECTIONS:
        rows = (_row(term) for term in sorted(terms, key=lambda term: term.word.casefold()))
        parts.append("\n".join([f"## {title}\n", "| word | meaning |", "|---|---|", *rows, ""]))
    return "\n".join(parts)


def _row(term: Term) -> str:
    fields = f" ({', '.join(f'`{name}`' for name in term.fields)})" if term.fields else ""
    return f"| **{term.word}**{fields} | {term.meaning} |"


if __name__ == "__main__":
    PAGE.write_text(render(), encoding="utf-8")
