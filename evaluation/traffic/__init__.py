"""Calls of models in production, recorded by the applications that make them."""

from evaluation.traffic.recorder import Call, Recorder, Step, flush, n_dropped, record, start

__all__ = ["Call", "Recorder", "Step", "flush", "n_dropped", "record", "start"]
