"""What the services say of themselves: one OpenAPI description a surface, and a page that shows it.

Each operation is written once, beside the shapes and refusals of the domain it belongs to; JSON is made of that alone.
"""
