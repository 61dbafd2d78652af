"""What all commands share: how they speak, and how they ask an API."""
