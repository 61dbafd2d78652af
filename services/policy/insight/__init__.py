"""What is asked of the law: why, for whom what, and what if."""
