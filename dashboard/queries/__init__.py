"""What each page reads: one function per page, a fixed number of queries."""
