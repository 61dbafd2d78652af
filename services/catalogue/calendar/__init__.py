"""The acts that publish figures of the indicator system, and so end their embargo."""
