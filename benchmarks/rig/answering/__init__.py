"""The app with a use case that answers on request, and a Django view that answers nothing, to measure it beside."""
