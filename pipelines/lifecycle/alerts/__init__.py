"""What somebody should know: a finding comes in, one row per key goes out, and the signed heads of the ledger."""
