"""The notification service: tells organisations what happened to what is theirs."""
