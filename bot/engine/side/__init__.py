"""Small paid calls that nobody asked for by name, and how their answers are held to a shape."""
