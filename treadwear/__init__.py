"""The command and the composition of all parts."""
