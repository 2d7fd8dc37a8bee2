"""The report: one self-contained page that shows the five answers and what they rest on."""
