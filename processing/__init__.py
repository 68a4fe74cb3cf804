"""MQTT in; events, metrics, asymmetry and wear out, into the store."""
