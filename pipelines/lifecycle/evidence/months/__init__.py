"""What a month brought, by the kind of evidence that decides about a use case: days in, claims with ranges out."""
