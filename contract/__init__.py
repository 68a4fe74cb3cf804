"""What crosses a boundary: model, wire frame, topics, rows, bus, errors."""
