"""What other packages make of the same recording, each in its own environment."""
