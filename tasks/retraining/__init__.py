"""One step each of learning anew which candidate suits which prompt."""
