"""Solvers: pure functions from small frames to small frames, and which table each makes."""
