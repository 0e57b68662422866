-- People. Names are kept as written; folded is ASCII lower case, under which they are compared.
CREATE TABLE hub_account (
  id INTEGER PRIMARY KEY AUTOINCREMENT, -- never used again: old messages name it
  name TEXT NOT NULL,
  folded TEXT NOT NULL UNIQUE,
  admin INTEGER NOT NULL,
  password TEXT NOT NULL,          -- argon2id with its parameters, as a PHC string
  inbox INTEGER NOT NULL,
  created_ms INTEGER NOT NULL
) STRICT;

-- People who last as long as their connections: guests, and removed accounts still connected.
-- Their rows go when they leave, and all of them when the server starts.
CREATE TABLE hub_transient (
  person INTEGER PRIMARY KEY,
  inbox INTEGER NOT NULL
) STRICT;

-- Browser sessions, by the SHA-256 of their token.
CREATE TABLE hub_session (
  hash BLOB PRIMARY KEY,
  account INTEGER NOT NULL,
  label TEXT NOT NULL,
  created_ms INTEGER NOT NULL,
  used_ms INTEGER NOT NULL
) STRICT;
CREATE INDEX hub_session_by_account ON hub_session (account, used_ms);

-- The one-time set-up token: at most one row, none once there is an account.
CREATE TABLE hub_setup (
  one INTEGER PRIMARY KEY,
  hash BLOB NOT NULL
) STRICT;

CREATE TABLE hub_invitation (
  hash BLOB PRIMARY KEY,
  by_account INTEGER NOT NULL,
  by_name TEXT NOT NULL,
  uses_left INTEGER NOT NULL,
  expires_ms INTEGER NOT NULL
) STRICT;

-- Permissions. A topic without a row here is closed to everybody.
CREATE TABLE hub_access (
  topic INTEGER PRIMARY KEY,
  access INTEGER NOT NULL,         -- 0 open, 1 invited
  moderated INTEGER NOT NULL,
  subject_locked INTEGER NOT NULL
) STRICT;

CREATE TABLE hub_role (
  topic INTEGER NOT NULL,
  person INTEGER NOT NULL,
  role INTEGER NOT NULL,           -- 1 member, 2 voice, 3 moderator, 4 owner
  PRIMARY KEY (topic, person)
) STRICT, WITHOUT ROWID;
CREATE INDEX hub_role_by_person ON hub_role (person);

CREATE TABLE hub_invited (
  topic INTEGER NOT NULL,
  person INTEGER NOT NULL,
  PRIMARY KEY (topic, person)
) STRICT, WITHOUT ROWID;
CREATE INDEX hub_invited_by_person ON hub_invited (person);
