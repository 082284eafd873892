"""One page of HTML that holds all that is known of runs, and asks for nothing else."""
