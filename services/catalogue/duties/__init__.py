"""Who owes what, by when: duties of items, reports, calls; how they stand and were met, whom to remind. Pure."""
