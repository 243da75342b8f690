"""The tables that use cases bring, a file of its slug each; found by name."""
