"""From a clone to a package that Lambda runs, and from there to a deployment and back."""
