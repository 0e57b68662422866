// An IRC client made of irc-framework, the protocol library of The Lounge and Kiwi IRC: told by
// lines on its input, and saying what it sees in lines on its output.
//
// node irc.mjs PORT NICK ACCOUNT PASSWORD ROOM

import { createRequire } from 'node:module';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

const require = createRequire(join(process.env.PARLOR_NODE_MODULES, 'index.js'));
const IRC = require('irc-framework');
const [port, nick, account, password, room] = process.argv.slice(2);
const client = new IRC.Client();

function show(...words) {
  process.stdout.write(`${words.join(' ')}\n`);
}

client.requestCap(['draft/message-redaction', 'setname', 'extended-monitor']);
client.on('registered', () => {
  show('registered as', client.user.nick);
  client.join(room);
});
client.on('loggedin', (event) => show('signed in to', event.account));
client.on('userlist', (event) => show('list of', event.channel, event.users.length));
client.on('join', (event) => show('join', event.nick, event.account || 'guest'));
client.on('nick', (event) => show('nick', event.nick, event.new_nick));
client.on('message', (event) => {
  const old = event.batch ? 'old' : 'new';
  const id = event.tags.msgid || '-';
  show(old, event.type, event.nick, event.tags['+reply'] || '-', id, event.message);
});
client.on('tagmsg', (event) => show('tags', event.nick, JSON.stringify(event.tags)));
client.on('users online', (event) => show('online', event.nicks.join(',')));
client.on('users offline', (event) => show('offline', event.nicks.join(',')));
client.on('close', () => {
  show('closed');
  // By itself it comes back only after five seconds of being there.
  setTimeout(() => client.connect(), 500);
});
client.on('irc error', (event) => show('error', event.error, event.reason));

createInterface({ input: process.stdin })
  .on('line', (line) => {
    const [order, ...rest] = line.split(' ');
    if (order === 'say') client.say(room, rest.join(' '));
    else if (order === 'reply') client.say(room, rest.slice(1).join(' '), { '+reply': rest[0] });
    else if (order === 'monitor') client.addMonitor(rest[0]);
    else if (order === 'nick') client.changeNick(rest[0]);
    else if (order === 'raw') client.raw(rest.join(' '));
  })
  .on('close', () => process.exit(0));

client.connect({
  host: '127.0.0.1',
  port: Number(port),
  nick,
  account: { account, password },
  enable_echomessage: true,
  enable_chghost: true,
  enable_setname: true,
});
