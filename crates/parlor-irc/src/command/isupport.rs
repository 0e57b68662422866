//! ISUPPORT: what the server supports, also before registration.

use crate::capability::Capability;
use crate::isupport;
use crate::numeric::Numeric;
use crate::outbox::Outbox;
use crate::playback;
use crate::session::{Next, Session, Turn};

/// `ISUPPORT`.
pub fn handle(turn: &mut Turn<'_>) -> Next {
    let asks_early = turn.session.caps.has(Capability::ExtendedIsupport);
    if !turn.session.is_registered() && !asks_early {
        turn.reply(Numeric::NotRegistered, &[]);
        return Next::Done;
    }
    shown(turn.session, turn.out);
    Next::Done
}

/// Shows what the server supports; in a batch to those who want it so.
pub fn shown(session: &mut Session, out: &mut Outbox) {
    let lines = |session: &Session, out: &mut Outbox, batch: Option<&str>| {
        let (server, face) = (&session.server, session.face());
        // Only who has an account can store images.
        let page = server.page.get().filter(|_| session.me.account.is_some());
        let own = page.map(|page| isupport::filehost(page));
        for tokens in server.isupport.iter().chain(&own) {
            let mut line = out.line();
            if let Some(batch) = batch {
                line = line.tag("batch", batch);
            }
            let line = line.source(&server.name).command("005").word(face);
            let tokens: Vec<&str> = tokens.iter().map(String::as_str).collect();
            line.words(&tokens).text("are supported by this server");
        }
    };
    if !session.caps.has(Capability::ExtendedIsupport) {
        lines(session, out, None);
        return;
    }
    let batch = playback::begin_batch(session, out, &["draft/isupport"]);
    lines(session, out, batch.as_deref());
    playback::end_batch(session, out, batch.as_deref());
}
