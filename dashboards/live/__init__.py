"""The live page: one tile per runner, fed from the bus by server-sent events."""
