"""Streams of events: a page that somebody looks at is told that something changed, and fetches what it shows of it."""
