"""The pipeline in docs/own-pipelines.md is run as it stands there."""

import re
from pathlib import Path

from scripted_pipeline import ScriptedModel

from evaluation.pipelines.parsing import parse_pipeline

PAGE = Path(__file__).parents[3] / "docs/own-pipelines.md"


def test_the_example_of_the_page_asks_as_it_says(tmp_path: Path) -> None:
    (source,) = re.findall(r"```python\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    (tmp_path / "mine.py").write_text(source)
    pipeline = parse_pipeline(f"{tmp_path}/mine.py:Shorter", {"times": "2"})
    model = ScriptedModel()

    result = model.run(pipeline)

    assert [["first"], ["shorter 1"], ["shorter 2"]] == model.rounds
    assert "reply to shorter 2" == result.answer
