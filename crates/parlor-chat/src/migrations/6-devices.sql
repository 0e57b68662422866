-- When a device of an account was last there, so that it is shown what it missed.
CREATE TABLE chat_device (
    person INTEGER NOT NULL,
    name TEXT NOT NULL,
    seen_ms INTEGER NOT NULL,
    PRIMARY KEY (person, name)
) STRICT;
