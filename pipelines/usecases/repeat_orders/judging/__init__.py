"""How near the chances came: on past days, beside another version, and once they run."""
