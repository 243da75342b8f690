"""Orders to suppliers out of the advice: what to draft, what is on the way, what came."""
