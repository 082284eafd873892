"""What the commands do: one file each, called by the command of the same name."""
