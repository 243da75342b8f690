"""From a forecast with its spread to orders: what to buy, when, for which place, and what it costs not to."""
