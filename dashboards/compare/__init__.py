"""Two runs, or groups of runs, against each other on a page."""
