"""Speed and accuracy claims, each measured beside its own reference in the same run.

A benchmark is a module here with `run(options, say) -> list[Check]`; `say(text)` reports progress.
"""
