//! Who watches for which nicks: kept apart from the people, since most watch for nobody.

use std::collections::HashMap;

use crate::{identity::SessionId, limits::WATCHED_PER_SESSION};

/// The nicks that sessions watch for, folded, both ways round.
#[derive(Debug, Default)]
pub(crate) struct Watches {
    by_nick: HashMap<String, Vec<SessionId>>,
    by_session: HashMap<SessionId, Vec<String>>,
}

impl Watches {
    /// Adds nicks, as far as the session has room for them.
    pub(crate) fn add(&mut self, session: SessionId, nicks: Vec<String>) {
        let own = self.by_session.entry(session).or_default();
        for nick in nicks {
            let nick = nick.to_ascii_lowercase();
            if own.len() >= WATCHED_PER_SESSION || own.contains(&nick) {
                continue;
            }
            self.by_nick.entry(nick.clone()).or_default().push(session);
            own.push(nick);
        }
    }

    /// Takes nicks away.
    pub(crate) fn remove(&mut self, session: SessionId, nicks: &[String]) {
        for nick in nicks {
            let nick = nick.to_ascii_lowercase();
            if let Some(own) = self.by_session.get_mut(&session) {
                own.retain(|known| *known != nick);
            }
            self.drop_watcher(session, &nick);
        }
        if self.by_session.get(&session).is_some_and(Vec::is_empty) {
            self.by_session.remove(&session);
        }
    }

    /// Forgets a session that has ended.
    pub(crate) fn forget(&mut self, session: SessionId) {
        for nick in self.by_session.remove(&session).unwrap_or_default() {
            self.drop_watcher(session, &nick);
        }
    }

    /// The sessions that watch for a folded nick.
    pub(crate) fn of(&self, folded: &str) -> &[SessionId] {
        self.by_nick.get(folded).map_or(&[], Vec::as_slice)
    }

    fn drop_watcher(&mut self, session: SessionId, nick: &str) {
        if let Some(watchers) = self.by_nick.get_mut(nick) {
            watchers.retain(|watcher| *watcher != session);
            if watchers.is_empty() {
                self.by_nick.remove(nick);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_added_and_taken_away_leaves_nothing() {
        let mut watches = Watches::default();
        let (one, two) = (SessionId(1), SessionId(2));
        watches.add(one, vec!["Ann".into(), "bob".into(), "ann".into()]);
        watches.add(two, vec!["ANN".into()]);
        assert_eq!(watches.of("ann"), [one, two]);
        watches.remove(one, &["ann".into(), "nobody".into()]);
        assert_eq!((watches.of("ann"), watches.of("bob")), (&[two][..], &[one][..]));
        watches.forget(one);
        watches.forget(two);
        assert!(watches.by_nick.is_empty() && watches.by_session.is_empty());
    }

    #[test]
    fn one_session_watches_for_a_bounded_number() {
        let mut watches = Watches::default();
        let nicks = (0..WATCHED_PER_SESSION + 5).map(|number| format!("n{number}")).collect();
        watches.add(SessionId(1), nicks);
        assert_eq!(watches.by_nick.len(), WATCHED_PER_SESSION);
    }
}
