CREATE TABLE chat_room (
  topic INTEGER PRIMARY KEY,
  name TEXT NOT NULL,
  folded TEXT NOT NULL UNIQUE,     -- ASCII lower case
  subject TEXT NOT NULL,
  subject_by TEXT NOT NULL,
  subject_at_ms INTEGER NOT NULL,
  created_at_ms INTEGER NOT NULL
) STRICT;

-- One row for each message in a room or an inbox; the body is in the topic's event. The peer is
-- the other person of a direct message, 0 in rooms: one index serves history, unread counts and
-- direct conversations.
CREATE TABLE chat_message (
  topic INTEGER NOT NULL,
  peer INTEGER NOT NULL,
  offset INTEGER NOT NULL,
  author INTEGER NOT NULL,
  at_ms INTEGER NOT NULL,
  msgid TEXT NOT NULL,
  PRIMARY KEY (topic, peer, offset)
) STRICT, WITHOUT ROWID;
-- Ids begin with the time, so this grows at its right edge and stays cheap.
CREATE INDEX chat_message_by_msgid ON chat_message (topic, msgid);

-- The rooms on an account's list.
CREATE TABLE chat_member (
  person INTEGER NOT NULL,
  topic INTEGER NOT NULL,
  joined_ms INTEGER NOT NULL,
  PRIMARY KEY (person, topic)
) STRICT, WITHOUT ROWID;

CREATE INDEX chat_member_by_topic ON chat_member (topic);

-- Direct conversations, by the inbox they are in.
CREATE TABLE chat_direct (
  inbox INTEGER NOT NULL,
  peer INTEGER NOT NULL,
  nick TEXT NOT NULL,
  last INTEGER NOT NULL,
  PRIMARY KEY (inbox, peer)
) STRICT, WITHOUT ROWID;

-- How far an account has read: rooms have peer 0.
CREATE TABLE chat_read (
  person INTEGER NOT NULL,
  topic INTEGER NOT NULL,
  peer INTEGER NOT NULL,
  offset INTEGER NOT NULL,
  PRIMARY KEY (person, topic, peer)
) STRICT, WITHOUT ROWID;
