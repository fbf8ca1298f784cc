"""Mutation fuzz of the readers: `make fuzz`, or `python -m tests.fuzz --seconds 300 --seed 7 --only kineto`.

Each case is one file in a child process with a limit of time and memory. Only EngineError may come out; what else happens is kept in
fuzz-out/ with the file that caused it.
"""
