import langdetect
import pytest

from evaluation.errors import ConfigurationError
from evaluation.metrics.instructions.language import MAX_CHARS, ResponseLanguage, is_in

TEXT = "Der schnelle Fuchs springt über den faulen Hund."


def test_another_seed_of_the_package_changes_nothing_and_its_own_is_left_alone(monkeypatch) -> None:
    monkeypatch.setattr(langdetect.DetectorFactory, "seed", 7)
    # Short enough to fall to either side with other seeds.
    verdicts = [is_in("Hallo Otto", language) for language in ("de", "fi", "en", "it")]
    monkeypatch.setattr(langdetect.DetectorFactory, "seed", None)
    assert verdicts == [is_in("Hallo Otto", language) for language in ("de", "fi", "en", "it")]
    assert langdetect.DetectorFactory.seed is None


def test_an_answer_follows_where_it_is_in_the_language_that_was_asked_for() -> None:
    assert [True, False] == [ResponseLanguage(language=language).is_followed(TEXT) for language in ("de", "en")]


def test_a_language_without_a_name_in_the_list_is_refused() -> None:
    with pytest.raises(ConfigurationError, match="language='German' is not one of ar, bg"):
        ResponseLanguage(language="German")


def test_what_has_no_language_passes_for_every_one() -> None:
    assert is_in("123 45", "en")
    assert is_in("http://example.org/a", "de")


def test_only_the_beginning_of_a_very_long_text_is_read() -> None:
    german = TEXT * (MAX_CHARS // len(TEXT) + 1)
    assert is_in(german + "日本語の文章です。" * 20_000, "de")
