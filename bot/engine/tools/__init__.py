"""What a model may do besides talking, its wishes as untrusted input, and the rounds of doing them."""
