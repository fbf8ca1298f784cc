"""Predictions set against published measurements: rows for the tests and for `make accuracy`."""
