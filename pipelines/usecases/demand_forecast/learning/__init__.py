"""From daily sales to members of a forecast: history, season, launches, trees, and how they join."""
