"""Reports straight from the ad platforms' interfaces, as files for landing.

The pages of an answer are kept as they came and landed by the layouts of these interfaces: there is
one reader. What is asked for stands in `interfaces.yml`. Nothing here but `http` imports requests.
"""
