"""The troubles of real submissions beside the figures themselves; each module recognises one kind."""
