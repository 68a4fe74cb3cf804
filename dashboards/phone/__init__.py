"""The runner's page on her phone: it shows a state and sends wishes."""
