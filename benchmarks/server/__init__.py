"""The club's server under load: live runners, the outbox, the boards."""
