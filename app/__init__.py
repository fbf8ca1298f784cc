"""SuanXuan 算选, the compute-selection workbench."""

__version__ = "0.1.0"
