"""A runner who does not exist, with shoes whose every contact time is known."""
