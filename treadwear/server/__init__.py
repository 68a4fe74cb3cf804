"""What `treadwear init` writes: broker, secrets, certificates, compose files."""
