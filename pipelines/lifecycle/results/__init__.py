"""Was it worth it? What was measured, decided and spent in a month comes in; one stored report goes out."""
