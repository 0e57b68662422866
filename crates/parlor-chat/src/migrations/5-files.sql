-- Images that people have sent: what they are and on what they hang. The content lies beside the
-- store, named by its hash, so that the same image is there once.
CREATE TABLE chat_file (
  id TEXT PRIMARY KEY,
  owner INTEGER NOT NULL,
  hash TEXT NOT NULL,
  name TEXT NOT NULL,
  type TEXT NOT NULL,
  bytes INTEGER NOT NULL,
  width INTEGER NOT NULL,
  height INTEGER NOT NULL,
  created_ms INTEGER NOT NULL,
  topic INTEGER NOT NULL,          -- the room or the owner's inbox; 0: on no message yet
  peer INTEGER NOT NULL,           -- the other person of a direct message
  msgid TEXT NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX chat_file_by_owner ON chat_file (owner, bytes);
CREATE INDEX chat_file_by_message ON chat_file (topic, msgid);
CREATE INDEX chat_file_by_hash ON chat_file (hash);
