"""Is `docs/glossary.md` as its generator writes it?"""

import glossary_page


def test_the_page_is_what_its_generator_writes() -> None:
    """Else: `.venv/bin/python docs/tools/glossary_page.py`."""
    assert glossary_page.render() == glossary_page.PAGE.read_text(encoding="utf-8")
