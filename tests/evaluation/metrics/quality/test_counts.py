from evaluation.metrics.quality.counts import SentenceCount, WordCount


def test_words_are_counted_in_the_whole_answer_with_its_code(measure) -> None:
    assert 5.0 == measure(WordCount(), "Here it is:\n```py\nx\n```").value
    assert 200_000.0 == measure(WordCount(), "word " * 200_000).value
    assert 0.0 == measure(WordCount(), " … ").value


def test_sentences_are_counted_without_code(measure) -> None:
    assert 2.0 == measure(SentenceCount(), "Here. There\n```py\nx. Y. Z\n```").value
    assert 20_000.0 == measure(SentenceCount(), "It is. " * 20_000).value
    assert 0.0 == measure(SentenceCount(), "").value
