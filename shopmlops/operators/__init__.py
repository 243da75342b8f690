"""Operators' own site: who is let into /admin/, and by how many proofs."""
