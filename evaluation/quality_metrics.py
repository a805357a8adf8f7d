"""The names of the text-quality metrics that need no reference."""

QUALITIES = ("coherence", "completeness", "readability", "length_fit", "creativity", "specificity")
"""Names of the quality metrics, which are also the names of the weights of `overall_quality`."""
