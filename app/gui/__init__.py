"""The window: thin; it shows the nouns of the engine, calls the pipeline, and decides nothing."""
