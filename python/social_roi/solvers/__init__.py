"""Solvers: pure functions from small frames to small frames, and the table that each writes."""
