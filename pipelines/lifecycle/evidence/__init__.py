"""Answers, exposures and outcomes come in, what a release is decided on goes out."""
