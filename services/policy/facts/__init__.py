"""What policy knows of a submission: the values, the rows that keep them (of the tables in store), their loading."""
