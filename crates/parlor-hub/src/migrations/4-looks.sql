-- What the names of accounts look like, where they have letters beyond ASCII.
CREATE TABLE hub_look (
  look TEXT NOT NULL,
  account INTEGER NOT NULL,
  PRIMARY KEY (look, account)
) STRICT, WITHOUT ROWID;
