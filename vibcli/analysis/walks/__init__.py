"""Walks between two points of a latent, and what a model sees on the way."""
