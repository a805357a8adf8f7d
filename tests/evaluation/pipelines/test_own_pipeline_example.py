"""The pipelines in docs/own-pipelines.md are run as they stand there."""

import re
from pathlib import Path

from scripted_pipeline import ScriptedModel

from evaluation.passage import Passage
from evaluation.pipelines.parsing import parse_pipeline
from evaluation.pipelines.stages import SearchPassages
from evaluation.retrieval.passages import Chunker

PAGE = Path(__file__).parents[3] / "docs/own-pipelines.md"
FOUND = [Passage(document=f"{n}.md", position=0, text=f"Fact {n}.", relevance=1 / n) for n in range(1, 9)]


def written(tmp_path: Path, class_name: str) -> str:
    """Write the example with this class to a file, and return the pipeline's name."""
    examples = re.findall(r"```python\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    (source,) = [example for example in examples if f"class {class_name}(" in example]
    (tmp_path / "mine.py").write_text(source)
    return f"{tmp_path}/mine.py:{class_name}"


def test_the_first_example_of_the_page_asks_as_it_says(tmp_path: Path) -> None:
    pipeline = parse_pipeline(written(tmp_path, "Shorter"), {"times": "2"})
    model = ScriptedModel()

    result = model.run(pipeline)

    assert [["first"], ["shorter 1"], ["shorter 2"]] == model.rounds
    assert "reply to shorter 2" == result.answer


def test_the_example_that_searches_says_what_it_needs_and_answers_from_what_it_found(tmp_path: Path) -> None:
    pipeline = parse_pipeline(written(tmp_path, "Reworded"), {"corpus": "docs", "embedder": "e", "passages": "3"})
    model = ScriptedModel(passages=FOUND)

    result = model.run(pipeline)

    assert ("docs", ("e",), ("e",)) == (pipeline.corpus_path, pipeline.embedders, pipeline.other_models)
    assert Chunker(size=256, overlap=32) == pipeline.chunker
    assert [["reword"], ["embed"], ["search 1", "search 2"], ["answer"]] == model.rounds
    searches = [request for request in model.asked if isinstance(request, SearchPassages)]
    assert ["How many legs has a spider?", "reply to reword"] == [search.query for search in searches]
    assert [(27.0, 1.0), (15.0, 1.0)] == [search.vector for search in searches]
    assert "[1] Fact 1.\n\n[2] Fact 2.\n\n[3] Fact 3." in model.prompts[-1]
    assert tuple(FOUND[:3]) == result.sources
