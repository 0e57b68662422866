-- What the names of rooms look like, where they have letters beyond ASCII.
CREATE TABLE chat_look (
  look TEXT NOT NULL,
  topic INTEGER NOT NULL,
  PRIMARY KEY (look, topic)
) STRICT, WITHOUT ROWID;
