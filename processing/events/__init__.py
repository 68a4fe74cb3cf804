"""Initial contact and toe-off, one detector per placement."""
