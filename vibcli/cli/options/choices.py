"""What options may be set to, for the commands that declare and the actions that check them."""

SPLITS = ("test", "validation", "train")
MODES = ("linear", "spherical", "slerp")
ALL = "all"
ENDPOINTS = ("test", "prior")
STEPS = 9
