"""One module per family of sensors: its commands, and its bytes as samples."""
