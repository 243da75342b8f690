"""Rows come in, frames go out: what a use case learns and answers from, and whether it can be trusted."""
