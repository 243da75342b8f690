"""A question with our pass comes in, an answer in time goes out: a version's, or the use case's safe default."""
