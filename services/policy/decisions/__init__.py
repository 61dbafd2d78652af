"""What can happen to an attempt, and what follows from it: a module for each, pure, from facts to an outcome."""
