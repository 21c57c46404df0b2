"""What a person sees: the built page in a real Chromium, over the whole product."""
