"""The real application between fake neighbours, over loopback."""
