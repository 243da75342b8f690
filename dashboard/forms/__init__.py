"""What merchants type and choose, read and refused with a sentence."""
