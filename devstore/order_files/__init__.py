"""Files of order lines, as people really have them: decode, split, read, and say what was odd."""
