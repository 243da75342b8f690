"""Orders to suppliers: drafted, sent, received in parts, cancelled; what was sent is on the way until it came."""
