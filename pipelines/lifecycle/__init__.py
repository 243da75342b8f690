"""The stages of a version's life, a room each: ingest, data, versions, serving, evidence, sandbox, releases."""
