"""The OpenStack APIs, one per module, which translate between HTTP and the world."""
