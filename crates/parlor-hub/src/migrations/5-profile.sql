-- What people say of themselves; empty until they do. The avatar is the id of an image of chat's.
ALTER TABLE hub_account ADD COLUMN display TEXT NOT NULL DEFAULT '';
ALTER TABLE hub_account ADD COLUMN about TEXT NOT NULL DEFAULT '';
ALTER TABLE hub_account ADD COLUMN avatar TEXT NOT NULL DEFAULT '';
