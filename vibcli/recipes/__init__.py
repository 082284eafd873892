"""Publications as data, and what came of doing their experiments again."""
