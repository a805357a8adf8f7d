"""Examples of parameters and bodies, for the description of the routes."""

from collections.abc import Mapping
from typing import Any

PARAMETERS: Mapping[str, Any] = {
    "run": "last",
    "other": "last",
    "case": "q-017",
    "comparison": "last",
    "experiment": "quantisations",
    "review": "last",
    "alert": "last",
    "upgrade": "c8c864817875e277",
    "policy": "chat-fast",
    "flow_run": "6f1f2f8e-7f0c-4c5b-9f59-0c8f3f8f2d11",
    "recommendation": "0123456789ab",
    "key": "nightly",
    "note": "1",
    "endpoint": "box",
    "silence": "1",
    "limit": 50,
    "candidate": "llama3.2:3b",
    "fingerprint": "llama3.2:3b",
    "task": "summarization",
    "tag": "nightly",
    "/api/v1/runs/{run}/tags/{tag} tag": "1",
    "/api/v1/benchmarks/{name} name": "classification",
    "/api/v1/metrics/{name} name": "rouge_l",
    "/api/v1/pipelines/{name} name": "retrieval",
    "name": "quantisations",
}
"""By name; where a name means different things, by the path before it."""
_EVALUATION: Mapping[str, Any] = {
    "benchmarks": ["question_answering"],
    "models": ["llama3.2:1b", "llama3.2:3b"],
    "limit": 50,
}
BODIES: Mapping[str, Any] = {
    "Acknowledgement": {"note": "The box was overloaded."},
    "ComparisonRequest": {"runs": ["last"], "against": "llama3.2:3b", "margin": "2pp"},
    "Copy": {"name": "quantisations again"},
    "EvaluationRequest": _EVALUATION,
    "ExperimentEdit": {"question": "What does Q4 cost?", "favourite": True},
    "GradingRequest": {"judge": "qwen3:8b", "sample": 50},
    "MonitorRequest": {"since_days": 7},
    "NewEndpoint": {"url": "http://127.0.0.1:11434", "slots": 4},
    "NewExperiment": {
        "name": "quantisations",
        "question": "What does Q4 cost?",
        "template": {"benchmarks": ["question_answering"], "limit": 50},
    },
    "NewKey": {"name": "nightly", "scopes": ["run"], "rate": "60/minute", "budget": {"tokens": 1000000}},
    "NewPolicy": {"name": "chat-fast", "task": "chat", "constraints": {"max_latency_s": 2.0}},
    "NewRatings": {
        "rater": "ana",
        "ratings": [
            {
                "case": 1,
                "grades": {
                    "A": {"accuracy": 4, "completeness": 5, "relevance": 5, "speed": 3},
                    "B": {"accuracy": 2, "completeness": 2, "relevance": 4, "speed": 5},
                },
            }
        ],
    },
    "NewSilence": {"until": "2099-01-01T00:00:00Z", "task": "summarization", "reason": "The box is being moved."},
    "NewTag": {"case": "q-017", "tag": "ambiguous"},
    "NewTrial": {"challenger": "qwen3:8b", "mode": "explore", "share": 0.1},
    "Note": {"run": "last", "text": "The first run on the new card."},
    "Outcome": {"recommendation": "0123456789ab", "quality": 0.9, "ok": True},
    "PolicyEdit": {"budget": {"tokens": 1000000}, "when_spent": "cheaper"},
    "Question": {"task": "summarization", "max_latency_s": 2.0},
    "RaceRequest": {"evaluation": _EVALUATION, "alpha": 0.05},
    "Renewal": {},
    "RetrainRequest": {},
    "ReviewRequest": {"runs": ["last"], "n_cases": 20},
    "Runs": {"runs": ["last"]},
    "SweepRequest": {"evaluation": _EVALUATION, "parameters": ["temperature=0:1:0.2"]},
    "UpgradeWatch": {"policies": ["chat-fast"]},
    "WritingRequest": {"corpus": "handbook", "model": "llama3.2:3b", "check": "qwen3:8b", "cases": 60},
}
"""By the name of the body's schema."""
