"""Vision: convolution beside attention, and the vision transformer."""
