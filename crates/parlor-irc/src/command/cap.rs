//! CAP: what the client can do beyond plain IRC.

use crate::capability::{Capabilities, Capability, OFFERED, find};
use crate::limits;
use crate::numeric::Numeric;
use crate::session::{Next, Turn};

/// `CAP LS|LIST|REQ|END`.
pub fn handle(turn: &mut Turn<'_>) -> Next {
    let subcommand = turn.param(0).to_ascii_uppercase();
    if let Some(registration) = &mut turn.session.registration {
        registration.used_cap = true;
    }
    match subcommand.as_str() {
        "LS" => list_offered(turn),
        "LIST" => {
            let names: Vec<_> = turn.session.caps.names().map(str::to_owned).collect();
            list(turn, "LIST", &names);
        }
        "REQ" => request(turn),
        "END" => return end(turn),
        _ => {
            let shown = turn.param(0).to_owned();
            turn.reply(Numeric::InvalidCapCmd, &[&shown]);
        }
    }
    Next::Done
}

fn list_offered(turn: &mut Turn<'_>) {
    suspend(turn);
    if turn.param(1).parse::<u32>().is_ok_and(|version| version >= 302) {
        turn.session.caps_302 = true;
        turn.session.caps = turn.session.caps.with(Capability::CapNotify, true);
    }
    let with_values = turn.session.caps_302;
    let offers: Vec<String> = OFFERED
        .iter()
        .map(|offer| match offer.value {
            Some(value) if with_values => format!("{}={value}", offer.name),
            _ => offer.name.to_owned(),
        })
        .collect();
    list(turn, "LS", &offers);
}

/// Shows capabilities, on several lines to clients that know what the `*` before the last one
/// means. To the others as many as fit on one: those that came late to the protocol, and would mean
/// nothing to them, stand last.
fn list(turn: &mut Turn<'_>, subcommand: &str, words: &[String]) {
    let mut ordered: Vec<&str> = words.iter().map(String::as_str).collect();
    if !turn.session.caps_302 {
        ordered.sort_by_key(|word| word.contains('/'));
    }
    let mut lines = vec![String::new()];
    for word in ordered {
        let line = lines.last_mut().expect("there is always one");
        if !line.is_empty() && line.len() + 1 + word.len() > limits::CAP_LINE_BYTES_MAX {
            lines.push(word.to_owned());
        } else {
            line.push_str(if line.is_empty() { "" } else { " " });
            line.push_str(word);
        }
    }
    if !turn.session.caps_302 {
        lines.truncate(1);
    }
    let session = &turn.session;
    let last = lines.len() - 1;
    for (index, text) in lines.iter().enumerate() {
        let line = turn.out.line().source(&session.server.name).command("CAP");
        let line = line.word(session.face()).word(subcommand);
        if index < last { line.word("*").text(text) } else { line.text(text) }
    }
}

fn request(turn: &mut Turn<'_>) {
    suspend(turn);
    let wanted = turn.param(1).to_owned();
    match apply(turn.session.caps, turn.session.caps_302, &wanted) {
        Some(caps) => {
            turn.session.caps = caps;
            answer(turn, "ACK", &wanted);
        }
        None => answer(turn, "NAK", &wanted),
    }
}

/// The set after the request, or nothing if any part of it cannot be: all or none.
fn apply(caps: Capabilities, caps_302: bool, wanted: &str) -> Option<Capabilities> {
    wanted.split(' ').filter(|word| !word.is_empty()).try_fold(caps, |caps, word| {
        let (name, on) = word.strip_prefix('-').map_or((word, true), |name| (name, false));
        let offer = find(name)?;
        let implied = offer.capability == Capability::CapNotify && caps_302;
        (on || !implied).then(|| caps.with(offer.capability, on))
    })
}

fn end(turn: &mut Turn<'_>) -> Next {
    if let Some(registration) = &mut turn.session.registration {
        registration.negotiating = false;
        // A sign-in left half done is over.
        if turn.session.sasl.take().is_some() {
            turn.reply(Numeric::SaslAborted, &[]);
        }
    }
    turn.session.next_of_registration(turn.out)
}

fn suspend(turn: &mut Turn<'_>) {
    if let Some(registration) = &mut turn.session.registration {
        registration.negotiating = true;
    }
}

fn answer(turn: &mut Turn<'_>, subcommand: &str, list: &str) {
    let session = &turn.session;
    let line = turn.out.line().source(&session.server.name).command("CAP");
    line.word(session.face()).word(subcommand).text(list);
}
