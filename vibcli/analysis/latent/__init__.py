"""How normal and how decoupled a latent is."""
