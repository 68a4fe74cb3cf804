"""The coach's live page, fed by server-sent events."""
