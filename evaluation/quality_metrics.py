"""Which qualities of a text are measured without a reference?"""

QUALITIES = ("coherence", "completeness", "readability", "length_fit", "creativity", "specificity")
"""Names of metrics, and of the weights of `overall_quality`."""
