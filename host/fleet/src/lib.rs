//! Runs jobs of many tenants for the server, each in a sandbox of its own.
