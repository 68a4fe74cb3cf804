"""One module per data set: its directory in, a dict of figures out.

A figure's name ends with its unit; NaN means that the analysis does not measure it.
"""

Figures = dict[str, float]
"""Figures of one data set by name."""
