"""Pages behind the links that readers get by mail, and the server that serves them."""
