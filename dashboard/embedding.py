"""Who asks, and who may frame the answer."""
