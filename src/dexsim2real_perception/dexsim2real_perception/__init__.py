"""Camera and XELA touch sources and publishers."""
