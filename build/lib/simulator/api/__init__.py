"""The OpenStack APIs, each in a module of its own; they translate between HTTP and the world."""
