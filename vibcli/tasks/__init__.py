"""What is learnt: the contract of a task, and one folder for each."""
