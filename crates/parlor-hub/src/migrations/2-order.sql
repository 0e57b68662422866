-- Only moderators speak in a locked room.
ALTER TABLE hub_access ADD COLUMN locked INTEGER NOT NULL DEFAULT 0;

-- Who did what to whom, and why: of a room, or of the server (topic 0). Places are dense in a
-- topic, so that the bound on them is one comparison.
CREATE TABLE hub_audit (
  topic INTEGER NOT NULL,
  n INTEGER NOT NULL,
  at_ms INTEGER NOT NULL,
  person INTEGER NOT NULL,         -- who did it; 0: the operator, on the command line
  name TEXT NOT NULL,              -- as it was called then
  what TEXT NOT NULL,
  about TEXT NOT NULL,
  reason TEXT NOT NULL,
  PRIMARY KEY (topic, n)
) STRICT, WITHOUT ROWID;
