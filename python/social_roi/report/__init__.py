"""The report: one self-contained page that shows the five answers and the numbers behind them."""
