"""What runs is measured: log rows, windows and outcomes come in; figures with ranges, verdicts and alerts go out."""
