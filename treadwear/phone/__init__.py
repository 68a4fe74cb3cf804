"""What the runner's page sets in motion: finding, checking and recording, for real."""
