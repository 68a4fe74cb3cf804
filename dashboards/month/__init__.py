"""A month of one runner on a page."""
