"""From a fitted version to figures about it: accuracy, the past in money, and one version beside another."""
