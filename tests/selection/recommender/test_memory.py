"""The memory of how the last answers were made."""

from selection.recommender.memory import AnswerMemory


def test_the_oldest_explanations_give_way_by_number_and_by_the_length_of_their_prompts() -> None:
    memory = AnswerMemory(most=3, most_characters=100)
    for number in range(4):
        memory.keep(f"{number}", lambda number=number: f"because {number}", n_characters=10)  # type: ignore[misc]
    assert memory.find("0") is None
    explain = memory.find("1")
    assert explain is not None
    assert "because 1" == explain()

    memory.keep("long", lambda: "long", n_characters=85)
    assert [None, None] == [memory.find("1"), memory.find("2")]
    assert memory.find("3") is not None
    assert memory.find("long") is not None

    memory.keep("too long", lambda: "too long", n_characters=101)
    assert [None] * 3 == [memory.find(name) for name in ("3", "long", "too long")]
    memory.keep("again", lambda: "again", n_characters=90)
    memory.keep("again", lambda: "again", n_characters=95)
    assert memory.find("again") is not None
