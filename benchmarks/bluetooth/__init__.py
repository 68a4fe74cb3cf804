"""What the Bluetooth side costs and how soon it is back, over a virtual radio."""
