"""From a hip sensor to running steps."""
