"""The command line: one file per command, each with a COMMAND; no Qt (tour alone excepted).

To add a command, add a file with `COMMAND = Command(name=…, arguments=…, run=…)` and its help in resources/translations/*/cli.toml.
Modules import the engine inside `run`, so that `--help` stays fast.
"""
