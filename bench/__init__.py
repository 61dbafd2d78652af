"""What the runner's guarantee costs: `python -m bench`, see README.md."""
