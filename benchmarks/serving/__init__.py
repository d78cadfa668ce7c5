"""Serving: lists by HTTP, stored ones and those made now, against a plain FastAPI + SQLAlchemy endpoint."""
