"""Real weights in the course's own modules: MiniLM, DINOv2, SmolLM2, Whisper."""
