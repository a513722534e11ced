"""The way of an event through the house: let in, written down, worked on, recovered after a crash."""
