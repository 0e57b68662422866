//! Who is measured: a model of ours, a floor, or somebody else's server.

use std::fmt;
use std::str::FromStr;

use parlor_engine::Model;

use crate::order::Task;

/// A server under measurement. All of them are given the same load in the same run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Subject {
    /// The engine's ordinary handler on one of its models.
    Model(Model),
    /// A loop that does nothing but the system calls: what no handler can beat.
    Floor(Floor),
    /// Another program, which is given its port in the environment and has to echo.
    Peer {
        /// What the charts call it.
        name: String,
        /// What the shell is given.
        command: String,
    },
}

/// The bare loops.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Floor {
    /// `epoll_wait`, `recv`, `send`, one buffer.
    Epoll,
    /// A ring that is asked for as little as possible.
    IoUring,
    /// The loop over epoll, sending everything to everybody.
    Relay,
}

impl Floor {
    pub(crate) const ALL: &'static [Self] = &[Self::Epoll, Self::IoUring, Self::Relay];

    /// The name in charts, tables and on the command line.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Epoll => "floor:epoll",
            Self::IoUring => "floor:io_uring",
            Self::Relay => "floor:relay",
        }
    }

    /// The bare loop that a family of models is built over, if it has one of its own.
    pub(crate) fn of(family: &str) -> Option<Self> {
        let of = |floor: &&Self| floor.name().strip_prefix("floor:") == Some(family);
        Self::ALL.iter().find(of).copied()
    }

    /// What the loop can do.
    fn can(self, task: Task) -> bool {
        match self {
            Self::Epoll => matches!(task, Task::Echo | Task::Once),
            Self::IoUring => task == Task::Echo,
            Self::Relay => task == Task::Broadcast,
        }
    }
}

impl Subject {
    /// The name in charts and tables.
    pub(crate) fn name(&self) -> String {
        match self {
            Self::Model(model) => model.to_string(),
            Self::Floor(floor) => floor.name().to_owned(),
            Self::Peer { name, .. } => name.clone(),
        }
    }

    /// The name without a number of workers: one colour in all charts.
    pub(crate) fn family(&self) -> &str {
        match self {
            Self::Model(model) => model.name(),
            Self::Floor(floor) => floor.name(),
            Self::Peer { name, .. } => name,
        }
    }

    /// Why it can't be asked to do this, if it can't.
    pub(crate) fn cannot(&self, task: Task) -> Option<String> {
        match self {
            Self::Model(model) => (task == Task::Broadcast && !model.capabilities().shared_state)
                .then(|| "its workers share no memory, so nobody could tell the others".to_owned()),
            Self::Floor(floor) => (!floor.can(task)).then(String::new),
            Self::Peer { .. } => {
                (!matches!(task, Task::Echo)).then(|| "a peer can only echo".to_owned())
            }
        }
    }

    /// Connections that it can serve at once by its own account.
    pub(crate) fn seats(&self) -> Option<usize> {
        match self {
            Self::Model(model) => model.capabilities().max_connections,
            Self::Floor(_) | Self::Peer { .. } => None,
        }
    }

    /// The form in which a child is told.
    pub(crate) fn wire(&self) -> String {
        match self {
            Self::Peer { name, command } => format!("peer:{name}={command}"),
            Self::Model(_) | Self::Floor(_) => self.name(),
        }
    }
}

impl FromStr for Subject {
    type Err = String;

    /// Reads what `wire` wrote.
    fn from_str(text: &str) -> Result<Self, String> {
        if let Some(peer) = text.strip_prefix("peer:") {
            let (name, command) = peer.split_once('=').ok_or("a peer is NAME=COMMAND")?;
            return Ok(Self::Peer { name: name.to_owned(), command: command.to_owned() });
        }
        if let Some(floor) = Floor::ALL.iter().find(|floor| floor.name() == text) {
            return Ok(Self::Floor(*floor));
        }
        text.parse().map(Self::Model).map_err(|error: parlor_engine::ModelError| error.to_string())
    }
}

impl fmt::Display for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_for_a_child_is_read_by_it() {
        for text in [
            "epoll:1",
            "floor:epoll",
            "floor:io_uring",
            "floor:relay",
            "peer:python=python3 echo.py --x=1",
        ] {
            let subject: Subject = text.parse().unwrap();
            assert_eq!(subject.wire(), text);
        }
        assert!("epol".parse::<Subject>().unwrap_err().contains("epoll"));
    }
}
