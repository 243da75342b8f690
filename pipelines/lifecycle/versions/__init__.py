"""Frames come in, a judged and signed version goes out."""
