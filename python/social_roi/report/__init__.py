"""The report: one self-contained page that shows the answers and the numbers behind them."""
