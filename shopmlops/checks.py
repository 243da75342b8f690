"""Explain a bad set-up before a request does."""
