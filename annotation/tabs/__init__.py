"""The tabs of the app. Each module has `build(services)`, which lays out and wires; no tab imports another."""
