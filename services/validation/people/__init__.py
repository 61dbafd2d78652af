"""What a person does about a check: answers to findings, doubts figures, tries changed rules."""
