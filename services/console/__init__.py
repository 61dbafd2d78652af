"""The console: pages for people. It owns no data: it shows what the owning services answer to the person's token."""
