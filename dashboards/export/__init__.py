"""A run in the formats of others: per-step CSV, FIT for training sites, Parquet."""
