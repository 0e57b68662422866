//! A list to choose from by typing: conversations, rooms, people, what a search found.

use crate::composer::Composer;
use crate::state::Key;

/// What choosing an item does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Act {
    /// Opens a conversation.
    Open(Key),
    /// Joins a room.
    Join(String),
    /// Opens the private conversation with somebody.
    Write { person: u64, nick: String },
    /// Shows a message among its neighbours.
    LookAt { key: Key, n: u64 },
}

/// One item.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Item {
    pub(crate) label: String,
    pub(crate) detail: String,
    pub(crate) act: Act,
}

/// A list with a filter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Picker {
    pub(crate) title: String,
    pub(crate) filter: Composer,
    items: Vec<Item>,
    chosen: usize,
}

impl Picker {
    pub(crate) fn new(title: impl Into<String>, items: Vec<Item>) -> Self {
        Self { title: title.into(), filter: Composer::default(), items, chosen: 0 }
    }

    /// The items that match what was typed: those that begin with it first.
    pub(crate) fn found(&self) -> Vec<&Item> {
        let wanted = self.filter.text().trim().to_lowercase();
        let rank = |item: &&Item| {
            let label = item.label.to_lowercase();
            let bare = label.trim_start_matches('#');
            if wanted.is_empty() {
                Some(0)
            } else if bare.starts_with(wanted.trim_start_matches('#')) {
                Some(1)
            } else {
                (label.contains(&wanted) || item.detail.to_lowercase().contains(&wanted))
                    .then_some(2)
            }
        };
        let mut found: Vec<_> =
            self.items.iter().filter_map(|item| rank(&item).map(|rank| (rank, item))).collect();
        found.sort_by_key(|(rank, _)| *rank);
        found.into_iter().map(|(_, item)| item).collect()
    }

    /// Which of the found items is chosen.
    pub(crate) fn chosen(&self) -> usize {
        self.chosen.min(self.found().len().saturating_sub(1))
    }

    /// Chooses the next (or the one before), round and round.
    pub(crate) fn step(&mut self, forward: bool) {
        let count = self.found().len();
        if count > 0 {
            let by = if forward { 1 } else { count - 1 };
            self.chosen = (self.chosen() + by) % count;
        }
    }

    /// What was typed has changed.
    pub(crate) fn refiltered(&mut self) {
        self.chosen = 0;
    }

    /// What the chosen item does.
    pub(crate) fn act(&self) -> Option<Act> {
        self.found().get(self.chosen()).map(|item| item.act.clone())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn typing_filters_and_arrows_choose() {
        let item = |label: &str| Item {
            label: label.to_owned(),
            detail: String::new(),
            act: Act::Join(label.to_owned()),
        };
        let mut picker =
            Picker::new("rooms", ["#lobby", "#garden", "#rust-garden"].map(item).to_vec());
        picker.step(false);
        assert_eq!(picker.act(), Some(Act::Join("#rust-garden".to_owned())));
        picker.filter.insert("gar");
        picker.refiltered();
        let labels: Vec<_> = picker.found().iter().map(|item| item.label.as_str()).collect();
        assert_eq!(labels, ["#garden", "#rust-garden"]);
        picker.step(true);
        picker.step(true);
        assert_eq!(picker.act(), Some(Act::Join("#garden".to_owned())));
        picker.filter.insert("zzz");
        assert_eq!(picker.act(), None);
        picker.step(true);
    }
}
