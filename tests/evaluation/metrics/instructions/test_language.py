import langdetect

from evaluation.metrics.instructions.language import MAX_CHARS, is_in

TEXT = "Der schnelle Fuchs springt über den faulen Hund."


def test_another_seed_of_the_package_changes_nothing_and_its_own_is_left_alone(monkeypatch) -> None:
    monkeypatch.setattr(langdetect.DetectorFactory, "seed", 7)
    # Short enough to fall to either side with other seeds.
    verdicts = [is_in("Hallo Otto", language) for language in ("de", "fi", "en", "it")]
    monkeypatch.setattr(langdetect.DetectorFactory, "seed", None)
    assert verdicts == [is_in("Hallo Otto", language) for language in ("de", "fi", "en", "it")]
    assert langdetect.DetectorFactory.seed is None


def test_what_has_no_language_passes_for_every_one() -> None:
    assert is_in("123 45", "en")
    assert is_in("http://example.org/a", "de")


def test_only_the_beginning_of_a_very_long_text_is_read() -> None:
    german = TEXT * (MAX_CHARS // len(TEXT) + 1)
    assert is_in(german + "日本語の文章です。" * 20_000, "de")
