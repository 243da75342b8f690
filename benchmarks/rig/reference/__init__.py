"""The app with one address more: a view behind the merchants' door that answers nothing, to measure pages beside."""
