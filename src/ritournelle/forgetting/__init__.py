"""Forgetting: one small eraser per store, each of which looks a second time, and the certificate of it all."""
