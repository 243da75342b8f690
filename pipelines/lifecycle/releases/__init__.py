"""A version and a merchant's word come in, one move of the pointer goes out."""
