"""Resources: the routes, one module for each kind of resource. They do not import each other."""
