"""Accuracy, speed and fault measurements; not part of the tests."""
