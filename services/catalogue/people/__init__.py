"""People: who they are, their passwords, and the tokens that they work with."""
