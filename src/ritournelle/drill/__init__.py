"""The drill: causes every critical case in a sandbox, and tells who noticed, what readers saw, and what was lost."""
