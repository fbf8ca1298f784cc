"""The nouns: frozen msgspec Structs, arrays beside them; no files, no formulas."""
