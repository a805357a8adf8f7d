"""Recording of calls of models in production, for the applications that make them."""

from evaluation.traffic.recorder import Call, Recorder, Step, flush, n_dropped, record, start

__all__ = ["Call", "Recorder", "Step", "flush", "n_dropped", "record", "start"]
