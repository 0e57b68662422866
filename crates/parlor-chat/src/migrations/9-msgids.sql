-- Ids sort by time: with them in front, the messages of all rooms grow the index at one edge, and a
-- commit writes one page of it instead of one for each room.
DROP INDEX chat_message_by_msgid;
CREATE INDEX chat_message_by_msgid ON chat_message (msgid, topic);
