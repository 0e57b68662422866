-- Whether an image is its owner's avatar: then it hangs on no message, and stays.
ALTER TABLE chat_file ADD COLUMN avatar INTEGER NOT NULL DEFAULT 0;
