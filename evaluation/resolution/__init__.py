"""Resolution of names to endpoints, models with their digests, and metrics."""

from evaluation.resolution.benchmarks import ResolvedBenchmark, find_benchmark, resolve_benchmark
from evaluation.resolution.candidates import ResolvedCandidate, find_profile
from evaluation.resolution.endpoints import EMBEDDED, ResolvedEndpoint, default_gpu_tag, resolve_endpoints
from evaluation.resolution.metric_models import MetricModel
from evaluation.resolution.resolution import Resolution, resolve

__all__ = [
    "EMBEDDED",
    "MetricModel",
    "Resolution",
    "ResolvedBenchmark",
    "ResolvedCandidate",
    "ResolvedEndpoint",
    "default_gpu_tag",
    "find_benchmark",
    "find_profile",
    "resolve",
    "resolve_benchmark",
    "resolve_endpoints",
]
