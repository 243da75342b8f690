"""Monitoring: how is a model doing right now, and how did it do lately."""
