//! Pages, JSON API, live updates and embedded assets.
