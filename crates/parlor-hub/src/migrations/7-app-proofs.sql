-- What SCRAM-SHA-256 needs to know of an app password, with the salt of its account; empty until it
-- is used again.
ALTER TABLE hub_app_password ADD COLUMN scram TEXT NOT NULL DEFAULT '';
