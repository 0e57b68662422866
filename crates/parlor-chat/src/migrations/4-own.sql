-- What somebody has begun to write, in a room (peer 0) or to a person.
CREATE TABLE chat_draft (
  person INTEGER NOT NULL,
  topic INTEGER NOT NULL,
  peer INTEGER NOT NULL,
  text TEXT NOT NULL,
  PRIMARY KEY (person, topic, peer)
) STRICT, WITHOUT ROWID;

-- What somebody wants to be told of; without a row it is the default.
CREATE TABLE chat_notify (
  person INTEGER NOT NULL,
  topic INTEGER NOT NULL,
  peer INTEGER NOT NULL,
  level INTEGER NOT NULL,          -- 1: all, 2: mentions, 3: nothing
  PRIMARY KEY (person, topic, peer)
) STRICT, WITHOUT ROWID;

-- When somebody wants quiet, in minutes of its own day.
CREATE TABLE chat_quiet (
  person INTEGER PRIMARY KEY,
  starts INTEGER NOT NULL,
  ends INTEGER NOT NULL
) STRICT;

-- Who is named in which message of a room; filled after the message is committed.
CREATE TABLE chat_mention (
  person INTEGER NOT NULL,
  topic INTEGER NOT NULL,
  offset INTEGER NOT NULL,
  PRIMARY KEY (person, topic, offset)
) STRICT, WITHOUT ROWID;
CREATE INDEX chat_mention_by_message ON chat_mention (topic, offset);
