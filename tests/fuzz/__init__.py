"""A fuzzer of the reader and the checks: mutants of real workbooks, each in the process that the product would use."""
