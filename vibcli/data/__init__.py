"""Where x and y come from."""
