"""From a shoe sensor to ground contacts, and how the shoe moved in them."""
