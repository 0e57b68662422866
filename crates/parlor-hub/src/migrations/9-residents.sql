-- Accounts stay where they are members while they are not connected, if they were here lately.
ALTER TABLE hub_account ADD COLUMN seen_ms INTEGER NOT NULL DEFAULT 0;  -- to the day; 0: not known
ALTER TABLE hub_account ADD COLUMN always_on INTEGER;                   -- NULL: as the server says
