"""Back up while everything runs, restore as of a moment, and catch up with what happened since."""
