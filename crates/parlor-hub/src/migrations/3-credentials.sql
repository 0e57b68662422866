-- What SCRAM-SHA-256 needs to know of a password; empty until one is set or used again.
ALTER TABLE hub_account ADD COLUMN scram TEXT NOT NULL DEFAULT '';

-- What makes up salts for names nobody has, the same at each try: one row, made at the first start.
CREATE TABLE hub_secret (
  one INTEGER PRIMARY KEY,
  secret BLOB NOT NULL
) STRICT;

-- From where a browser session was begun.
ALTER TABLE hub_session ADD COLUMN address TEXT NOT NULL DEFAULT '';

-- Passwords for programs, by their SHA-256: they are random, and shown once.
CREATE TABLE hub_app_password (
  id INTEGER PRIMARY KEY AUTOINCREMENT, -- never used again: live connections name it
  account INTEGER NOT NULL,
  name TEXT NOT NULL,
  hash BLOB NOT NULL UNIQUE,
  created_ms INTEGER NOT NULL,
  used_ms INTEGER NOT NULL              -- 0: never
) STRICT;
CREATE INDEX hub_app_password_by_account ON hub_app_password (account);
