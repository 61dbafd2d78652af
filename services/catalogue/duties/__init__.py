"""Who owes what, by when: duties of items, reports and calls, how they stand, whom to remind, how well they were met. Pure."""
