"""What a sensor is and says: one profile per family."""
