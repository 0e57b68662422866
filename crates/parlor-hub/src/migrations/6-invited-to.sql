-- Where an invitation leads besides the server itself, and as what; and whether it makes accounts:
-- those of administrators do, those of others are for people who have one.
ALTER TABLE hub_invitation ADD COLUMN topic INTEGER NOT NULL DEFAULT 0;      -- 0: nowhere in particular
ALTER TABLE hub_invitation ADD COLUMN role INTEGER NOT NULL DEFAULT 0;
ALTER TABLE hub_invitation ADD COLUMN accounts INTEGER NOT NULL DEFAULT 1;
CREATE INDEX hub_invitation_by_account ON hub_invitation (by_account);
