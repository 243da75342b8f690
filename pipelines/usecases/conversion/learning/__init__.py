"""What the past teaches of a chance: two kinds of models, how their labels ripen, and what corrects them."""
