"""A trained model looked into: its latent, walks through it, what it draws."""
