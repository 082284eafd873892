"""What options may be set to, for the commands that declare and the actions that check them."""

SPLITS = ("test", "validation", "train")
MODES = ("linear", "spherical", "slerp")
ALL = "all"
ENDPOINTS = ("test", "prior")
STEPS = 9

# the most that numeric options take, so that a slip of the finger is refused and not carried out
MOST_SEEDS = 10_000
MOST_PROCESSES = 1024  # or threads
MOST_DRAWS = 1_000_000
MOST_STEPS = 10_000
