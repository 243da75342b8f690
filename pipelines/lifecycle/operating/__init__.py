"""A wish of who runs the app comes in; one shop goes on without a part of it."""
