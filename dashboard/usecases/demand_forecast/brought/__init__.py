"""What a shop brings along from the app that it bought with before: orders on their way, lead times, costs."""
