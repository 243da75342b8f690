"""A shop and a use case come in; who of its units is shown nothing goes out."""
