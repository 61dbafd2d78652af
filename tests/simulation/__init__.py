"""The runner in a world that is made up: time, broker, database and vault are simulated, every accident has a seed."""
