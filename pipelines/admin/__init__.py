"""What operators see and may do: Django finds it under this name."""

from pipelines.admin import rows, shops

__all__ = ["rows", "shops"]
