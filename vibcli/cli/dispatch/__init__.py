"""From a command line to the function of a command: its help, its options, its errors."""
