-- How often the password was changed, by which a sign-in from before the change is known.
ALTER TABLE hub_account ADD COLUMN edition INTEGER NOT NULL DEFAULT 0;
