"""A small news web on the loopback address, so that the whole system can be seen at work with no network."""
