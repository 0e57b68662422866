-- More of what people say of themselves, each on one line; empty until they do.
ALTER TABLE hub_account ADD COLUMN pronouns TEXT NOT NULL DEFAULT '';
ALTER TABLE hub_account ADD COLUMN status TEXT NOT NULL DEFAULT '';
ALTER TABLE hub_account ADD COLUMN homepage TEXT NOT NULL DEFAULT '';   -- http:// or https://
ALTER TABLE hub_account ADD COLUMN color TEXT NOT NULL DEFAULT '';      -- #rrggbb
