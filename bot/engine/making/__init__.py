"""Films, music and sounds: what is asked for, what it costs, and the way of an order to its place."""
