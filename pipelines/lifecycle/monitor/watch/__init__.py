"""What goes wrong is told, and told to be over: answers, silence, and what models are told."""
