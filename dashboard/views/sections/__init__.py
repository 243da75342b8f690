"""Sections of Settings that are sent by themselves."""
