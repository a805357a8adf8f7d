"""A selection model whose candidates are pipelines of the same weights: it learns, recommends and writes one out."""

import asyncio
from pathlib import Path
from typing import Any

import pytest
from learned_store import ABOUT_COOKING, ABOUT_HISTORY, ABOUT_PYTHON, TASK, fill_learned

from deployments.cli.candidate_exports import written_recommendation
from evaluation.candidate import Candidate, PipelineChoice
from evaluation.candidate_files.reading import read_candidate
from evaluation.pipelines.cascade import Cascade
from evaluation.pipelines.self_consistency import SelfConsistency
from evaluation.store.selection_models import champion
from evaluation.store.session import Store
from selection import recommend
from selection.retrain_request import RetrainRequest

CASCADE = PipelineChoice(
    name="cascade",
    options={"large": "big:7b", "signal": "refusal"},
    signature=Cascade(large="big:7b", signal="refusal").signature,
    models={"big:7b": "digest-of-big"},
)
VOTING = PipelineChoice(name="self_consistency", options={"n": "3"}, signature=SelfConsistency(n=3).signature)
CANDIDATES = [Candidate(model="one:1b", digest="digest-of-one", pipeline=choice) for choice in (CASCADE, VOTING, None)]


@pytest.mark.parametrize("store_url", ["sqlite", "postgresql"], indirect=True)
def test_a_model_learns_which_pipeline_a_prompt_needs_and_the_recommended_one_is_written_out(
    prefect_api: str, store_url: str, store: Store, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    from flows.retrain import retrain as flow

    monkeypatch.setenv("BENCHWRIGHT_DATABASE_URL", store_url)
    fill_learned(store, CANDIDATES)

    running: Any = flow(RetrainRequest(seed=0), return_state=True)
    result = asyncio.run(asyncio.run(running).aresult())

    held = champion(store)
    assert held.model is not None
    assert ("promoted", result.model_id) == (result.decision, held.model.model_id)
    for prompt, expected in zip((ABOUT_PYTHON, ABOUT_HISTORY, ABOUT_COOKING), CANDIDATES, strict=True):
        found = recommend(TASK, prompt, on_tie="best", store=store)
        assert found.candidate is not None
        assert expected.fingerprint == found.candidate.key
        for form, ending in (("yaml", "yaml"), ("python", "py"), ("json", "json")):
            path = tmp_path / f"winner.{ending}"
            path.write_text(written_recommendation(store, found, found.candidate, form))
            if form != "json":
                assert expected.fingerprint == read_candidate(path).fingerprint
        name = "" if expected.pipeline is None else expected.pipeline.name
        assert name in found.candidate.label
        assert found.candidate.label in found.reason
