"""The runner's report: one self-contained HTML file."""
