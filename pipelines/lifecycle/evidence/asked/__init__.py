"""Answers on request: what no door asks we ask ourselves, what came of it, and what two versions said of the same."""
