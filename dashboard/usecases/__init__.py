"""Pages that one use case brings, a folder each, named by its slug; `dashboard.brought` finds them."""
