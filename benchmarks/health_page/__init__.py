"""The health page with a year behind it: how long its answers take."""
