-- What the keepers of a room have decided about it.
ALTER TABLE chat_room ADD COLUMN slow_s INTEGER NOT NULL DEFAULT 0;      -- 0: no slow mode
ALTER TABLE chat_room ADD COLUMN keep_days INTEGER NOT NULL DEFAULT -1;  -- -1: for ever, 0: nothing
ALTER TABLE chat_room ADD COLUMN description TEXT NOT NULL DEFAULT '';

-- Who is kept out of a room, or silenced there.
CREATE TABLE chat_ban (
  topic INTEGER NOT NULL,
  mask TEXT NOT NULL,              -- as it is shown; compared without case
  mute INTEGER NOT NULL,           -- 0: kept out, 1: silenced
  person INTEGER NOT NULL,         -- whom it was aimed at; 0: nobody in particular
  nick TEXT NOT NULL,              -- its nick then
  by_nick TEXT NOT NULL,
  reason TEXT NOT NULL,
  at_ms INTEGER NOT NULL,
  expires_ms INTEGER NOT NULL,     -- 0: never
  PRIMARY KEY (topic, mask, mute)
) STRICT, WITHOUT ROWID;

-- When somebody last spoke in a room in slow mode.
CREATE TABLE chat_spoken (
  topic INTEGER NOT NULL,
  person INTEGER NOT NULL,
  at_ms INTEGER NOT NULL,
  PRIMARY KEY (topic, person)
) STRICT, WITHOUT ROWID;

-- Which messages somebody has reported, so that nobody reports one twice.
CREATE TABLE chat_report (
  topic INTEGER NOT NULL,
  msgid TEXT NOT NULL,
  person INTEGER NOT NULL,
  at_ms INTEGER NOT NULL,
  PRIMARY KEY (topic, msgid, person)
) STRICT, WITHOUT ROWID;
CREATE INDEX chat_report_by_person ON chat_report (person, at_ms);
