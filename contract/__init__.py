"""The words and bytes that cross a boundary: model, wire frame, topics, rows, bus, errors."""
