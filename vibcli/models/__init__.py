"""What is trained: networks, codes, bottlenecks, penalties, likelihoods, objectives."""
