//! HTTP/1.1 and WebSocket over any connection of the engine.
