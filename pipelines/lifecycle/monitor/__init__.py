"""What runs is measured: log rows, windows and outcomes come in; figures with ranges and verdicts go out, and alerts."""
