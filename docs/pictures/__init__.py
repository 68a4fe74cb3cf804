"""Pictures of the documents, made by running the real thing: ``make screenshots``."""
