"""Boards and alerts for Grafana, made from the schema of the rows."""
