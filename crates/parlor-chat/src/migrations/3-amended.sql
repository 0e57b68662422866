-- What became of messages. Most are never touched again, so that nearly all of these are 0.
-- Each is the place of an event in the same topic: what it answers, its latest edit, and what
-- took it back.
ALTER TABLE chat_message ADD COLUMN parent INTEGER NOT NULL DEFAULT 0;
ALTER TABLE chat_message ADD COLUMN edited INTEGER NOT NULL DEFAULT 0;
ALTER TABLE chat_message ADD COLUMN redacted INTEGER NOT NULL DEFAULT 0;
CREATE INDEX chat_message_by_parent ON chat_message (topic, parent, offset) WHERE parent > 0;

-- All edits of a message, also those before the latest.
CREATE TABLE chat_edit (
  topic INTEGER NOT NULL,
  message INTEGER NOT NULL,
  offset INTEGER NOT NULL,
  PRIMARY KEY (topic, message, offset)
) STRICT, WITHOUT ROWID;

-- Who reacts to a message how, with the nick of then and the place of the event.
CREATE TABLE chat_reaction (
  topic INTEGER NOT NULL,
  message INTEGER NOT NULL,
  emoji TEXT NOT NULL,
  person INTEGER NOT NULL,
  nick TEXT NOT NULL,
  offset INTEGER NOT NULL,
  PRIMARY KEY (topic, message, emoji, person)
) STRICT, WITHOUT ROWID;
