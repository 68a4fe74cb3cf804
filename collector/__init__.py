"""Sensor data in, durable on disk, over MQTT until processing says it is stored."""
