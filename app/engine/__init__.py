"""The engine: files in, numbers and documents out. No Qt, no printing, no dialogs."""
