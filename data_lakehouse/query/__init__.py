"""Queries: one interface for every engine."""

from data_lakehouse.query.engines import QueryEngine, QueryEngineManager, QueryResult

__all__ = ["QueryEngine", "QueryEngineManager", "QueryResult"]
