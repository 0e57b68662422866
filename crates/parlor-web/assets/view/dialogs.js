//! Every dialog by its name; `dialog.value = { name, … }` opens one with the rest as properties.

import { EmojiPicker } from "./dialogs/emoji.js";
import { Help } from "./dialogs/help.js";
import { Invitations, Invite } from "./dialogs/invite.js";
import { Lightbox } from "./dialogs/lightbox.js";
import { Edits, MessageMenu, Report } from "./dialogs/message.js";
import { Ban, Person } from "./dialogs/person.js";
import { Room, ServerLog, Topic } from "./dialogs/room.js";
import { MembersDialog, People, Rooms } from "./dialogs/rooms.js";
import { Search } from "./dialogs/search.js";
import { Settings } from "./dialogs/settings.js";
import { Palette } from "./palette.js";

export const DIALOGS = {
  ban: Ban, edits: Edits, emoji: EmojiPicker, help: Help, invitations: Invitations, invite: Invite, lightbox: Lightbox,
  members: MembersDialog, message: MessageMenu, palette: Palette, people: People, person: Person,
  report: Report, room: Room, rooms: Rooms, search: Search, server_log: ServerLog, settings: Settings,
  topic: Topic,
};
