//! What is to be run, from words of a command line; nonsense is refused with a suggestion.

use std::path::PathBuf;
use std::time::Duration;

use parlor_engine::Model;
use thiserror::Error;

use crate::limits::CONNECTIONS_MAX;
use crate::scenario::{self, Scenario};
use crate::subject::{Floor, Subject};

/// The lab's options, as they were written.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// Names of scenarios; all if there are none.
    pub scenarios: Vec<String>,
    /// Models with commas between them; all if not said.
    pub models: Option<String>,
    /// Numbers of connections with commas between them; each scenario's own if not said.
    pub connections: Option<String>,
    /// Other servers, `NAME=COMMAND`.
    pub peers: Vec<String>,
    /// The folder for the report.
    pub out: PathBuf,
    /// One short round.
    pub quick: bool,
    /// How often everything is measured, if there is time for it.
    pub rounds: Option<usize>,
    /// A closed loop instead of an open one, where there is a choice.
    pub closed: bool,
}

/// A word that makes no sense.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum PlanError {
    /// There is no such scenario.
    #[error("there is no scenario `{name}`; did you mean `{nearest}`? (scenarios: {})", scenario::names().join(", "))]
    Scenario {
        /// What was given.
        name: String,
        /// The most similar name.
        nearest: &'static str,
    },
    /// There is no such model.
    #[error("{0}")]
    Model(String),
    /// Not a number of connections.
    #[error("`{word}` is no number of connections; give 1 to {CONNECTIONS_MAX}{hint}")]
    Connections {
        /// What was given.
        word: String,
        /// What may have been meant.
        hint: String,
    },
    /// Not a peer.
    #[error(
        "`{word}` is no peer: {why}; write --peer NAME=COMMAND, such as --peer python='python3 echo.py'"
    )]
    Peer {
        /// What was given.
        word: String,
        /// What is wrong.
        why: &'static str,
    },
}

/// How long and how often.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Times {
    /// Opening connections takes no longer than this; who is not served by then has no place.
    pub(crate) open_ms: u64,
    /// How long opening may stand still when the server has no more room: a SYN that was lost before
    /// that is repeated after a second.
    pub(crate) wall_ms: u64,
    /// How long one-shot clients are waited for that are not served when the last one has come.
    pub(crate) stall_ms: u64,
    /// Before anything is counted.
    pub(crate) warm_ms: u64,
    /// At a fixed rate.
    pub(crate) pace_ms: u64,
    /// As fast as it goes.
    pub(crate) flat_ms: u64,
    pub(crate) rounds: usize,
    /// When this is over nothing more is begun; see `Budget` for what happens on the way there.
    pub(crate) budget: Duration,
}

impl Times {
    const FULL: Self = Self {
        open_ms: 60_000,
        wall_ms: 1_600,
        stall_ms: 5_000,
        warm_ms: 120,
        pace_ms: 700,
        flat_ms: 400,
        rounds: 3,
        budget: Duration::from_secs(840),
    };
    const QUICK: Self = Self {
        open_ms: 5_000,
        wall_ms: 300,
        stall_ms: 300,
        warm_ms: 30,
        pace_ms: 200,
        flat_ms: 100,
        rounds: 1,
        budget: Duration::from_secs(105),
    };

    /// The same with this share of the time in which something is measured. How long others are
    /// waited for stays: who is cut off there would be missing from the figures.
    pub(crate) fn shortened(self, share: f64) -> Self {
        let of = |ms: u64| Duration::from_millis(ms).mul_f64(share).as_millis();
        let of = |ms: u64| u64::try_from(of(ms)).unwrap_or(ms).max(1);
        Self {
            warm_ms: of(self.warm_ms),
            pace_ms: of(self.pace_ms),
            flat_ms: of(self.flat_ms),
            ..self
        }
    }
}

/// What is to be run.
#[derive(Debug)]
pub struct Plan {
    pub(crate) scenarios: Vec<&'static Scenario>,
    pub(crate) subjects: Vec<Subject>,
    pub(crate) connections: Option<Vec<usize>>,
    pub(crate) times: Times,
    pub(crate) quick: bool,
    pub(crate) closed: bool,
    pub(crate) out: PathBuf,
}

impl Plan {
    /// Reads the options.
    ///
    /// # Errors
    ///
    /// When a name or number makes no sense, with what may have been meant.
    pub fn new(options: Options) -> Result<Self, PlanError> {
        let scenarios = if options.scenarios.is_empty() {
            scenario::ALL.to_vec()
        } else {
            options.scenarios.iter().map(|name| scenario(name)).collect::<Result<_, _>>()?
        };
        let models = match options.models.as_deref() {
            None => {
                Model::NAMES.iter().map(|name| Subject::Model(on_one_processor(name))).collect()
            }
            Some(list) => models(list)?,
        };
        let mut subjects: Vec<Subject> = floors(&models).chain(models.iter().cloned()).collect();
        for word in &options.peers {
            let peer = peer(word, &subjects)?;
            subjects.push(peer);
        }
        let connections = options.connections.as_deref().map(numbers).transpose()?;
        let usual = if options.quick { Times::QUICK } else { Times::FULL };
        Ok(Self {
            scenarios,
            subjects,
            connections,
            times: Times { rounds: options.rounds.unwrap_or(usual.rounds), ..usual },
            quick: options.quick,
            closed: options.closed,
            out: options.out,
        })
    }

    /// The numbers of connections to go through: those asked for, or the scenario's own.
    pub(crate) fn counts(&self, full: &[usize], quick: &[usize]) -> Vec<usize> {
        let usual = if self.quick { quick } else { full };
        self.connections.clone().unwrap_or_else(|| usual.to_vec())
    }
}

/// The floors; a bare ring says something only beside a model that has one.
fn floors(models: &[Subject]) -> impl Iterator<Item = Subject> {
    let ring = models.iter().any(|subject| subject.family() == "io_uring");
    let floors = Floor::ALL.iter().copied().filter(move |floor| ring || *floor != Floor::IoUring);
    floors.map(Subject::Floor)
}

/// A model as it is measured: all on one processor, so one worker where workers share the load.
fn on_one_processor(name: &str) -> Model {
    let single = if name == "pool" { Err(()) } else { format!("{name}:1").parse().map_err(drop) };
    single.or_else(|()| name.parse().map_err(drop)).unwrap_or_default()
}

fn scenario(name: &str) -> Result<&'static Scenario, PlanError> {
    let known = scenario::ALL.iter().find(|scenario| scenario.name == name);
    known.copied().ok_or_else(|| {
        let names = scenario::names();
        let distance = |known: &&&str| strsim::damerau_levenshtein(known, name);
        let nearest = names.iter().min_by_key(distance).copied().unwrap_or("echo");
        PlanError::Scenario { name: name.to_owned(), nearest }
    })
}

/// Models by name. The floors are measured in any case, so naming one adds nothing.
fn models(list: &str) -> Result<Vec<Subject>, PlanError> {
    let mut found: Vec<Subject> = Vec::new();
    for word in words(list) {
        let floor = Floor::ALL.iter().any(|floor| floor.name() == word);
        if !floor {
            let model: Model = word
                .parse()
                .map_err(|error: parlor_engine::ModelError| PlanError::Model(error.to_string()))?;
            // A bare name means the same as in a run of all models.
            let model = if word.contains(':') { model } else { on_one_processor(word) };
            let subject = Subject::Model(model);
            if !found.contains(&subject) {
                found.push(subject);
            }
        }
    }
    Ok(found)
}

fn numbers(list: &str) -> Result<Vec<usize>, PlanError> {
    let mut found: Vec<usize> = words(list).map(number).collect::<Result<_, _>>()?;
    found.sort_unstable();
    found.dedup();
    if found.is_empty() {
        return Err(PlanError::Connections { word: list.to_owned(), hint: String::new() });
    }
    Ok(found)
}

fn number(word: &str) -> Result<usize, PlanError> {
    let plain = word.replace(['_', '.', '\''], "");
    let fits = |count: &usize| (1..=CONNECTIONS_MAX).contains(count);
    if let Ok(count) = word.parse()
        && fits(&count)
    {
        return Ok(count);
    }
    let thousands = plain.to_lowercase().strip_suffix('k').and_then(|n| n.parse::<usize>().ok());
    let meant = thousands.and_then(|n| n.checked_mul(1_000)).or_else(|| plain.parse().ok());
    let hint = meant.filter(fits).map_or(String::new(), |n| format!("; did you mean {n}?"));
    Err(PlanError::Connections { word: word.to_owned(), hint })
}

fn words(list: &str) -> impl Iterator<Item = &str> {
    list.split(',').map(str::trim).filter(|word| !word.is_empty())
}

/// Longest name of a peer: it has to fit into tables and charts.
const PEER_NAME_MAX: usize = 20;

fn peer(word: &str, taken: &[Subject]) -> Result<Subject, PlanError> {
    let wrong = |why| PlanError::Peer { word: word.to_owned(), why };
    let (name, command) = word.split_once('=').ok_or_else(|| wrong("there is no `=` in it"))?;
    let (name, command) = (name.trim(), command.trim());
    let plain = |c: char| c.is_alphanumeric() || "-_.+ ".contains(c);
    if name.is_empty() || name.chars().count() > PEER_NAME_MAX || !name.chars().all(plain) {
        return Err(wrong("its name must be 1 to 20 letters, digits, or any of `-_.+`"));
    }
    if command.is_empty() {
        return Err(wrong("there is no command"));
    }
    if Model::NAMES.contains(&name) || taken.iter().any(|subject| subject.name() == name) {
        return Err(wrong("another subject has that name"));
    }
    Ok(Subject::Peer { name: name.to_owned(), command: command.to_owned() })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plan(change: impl FnOnce(&mut Options)) -> Result<Plan, PlanError> {
        let mut options = Options::default();
        change(&mut options);
        Plan::new(options)
    }

    #[test]
    fn with_nothing_said_everything_is_run() {
        let plan = plan(|_| ()).unwrap();
        assert_eq!(plan.scenarios.len(), scenario::ALL.len());
        let names: Vec<String> = plan.subjects.iter().map(Subject::name).collect();
        for name in Model::NAMES {
            let here = |known: &&String| known.split(':').next() == Some(name);
            assert_eq!(names.iter().filter(here).count(), 1, "{name} in {names:?}");
        }
        assert!(names.contains(&"epoll:1".to_owned()), "one worker on one processor: {names:?}");
    }

    #[test]
    fn nonsense_is_refused_with_a_suggestion() {
        let said = |change: fn(&mut Options)| plan(change).unwrap_err().to_string();
        let cases = [
            (said(|o| o.scenarios = vec!["ech".into()]), "did you mean `echo`?"),
            (said(|o| o.models = Some("epoll,tokoi".into())), "did you mean `tokio`?"),
            (said(|o| o.models = Some("epoll:x".into())), "no number of workers"),
            (said(|o| o.connections = Some("10k".into())), "did you mean 10000?"),
            (said(|o| o.connections = Some("1_000".into())), "did you mean 1000?"),
            (said(|o| o.connections = Some("0".into())), "give 1 to"),
            (said(|o| o.connections = Some("many".into())), "`many` is no number of connections"),
            (said(|o| o.connections = Some("9999999".into())), "give 1 to"),
            (said(|o| o.connections = Some(" , ".into())), "is no number"),
            (said(|o| o.peers = vec!["python".into()]), "no `=`"),
            (said(|o| o.peers = vec!["=x".into()]), "its name"),
            (said(|o| o.peers = vec!["a<b=x".into()]), "its name"),
            (said(|o| o.peers = vec!["x= ".into()]), "no command"),
            (said(|o| o.peers = vec!["epoll=x".into()]), "has that name"),
        ];
        for (said, expected) in cases {
            assert!(said.contains(expected), "{said:?} has no {expected:?}");
        }
    }

    #[test]
    fn lists_are_read_in_order_and_once() {
        let plan = plan(|options| {
            options.models = Some("tokio:2, epoll ,epoll:1,floor:epoll".into());
            options.connections = Some("1000,1,1000".into());
            options.peers = vec!["python=PORT=$PORT python3 echo.py".into()];
        })
        .unwrap();
        let names: Vec<String> = plan.subjects.iter().map(Subject::name).collect();
        assert_eq!(names, ["floor:epoll", "floor:relay", "tokio:2", "epoll:1", "python"]);
        assert_eq!(plan.counts(&[7], &[8]), [1, 1_000]);

        let plan = self::plan(|options| options.models = Some("io_uring".into())).unwrap();
        let names: Vec<String> = plan.subjects.iter().map(Subject::name).collect();
        assert_eq!(names, ["floor:epoll", "floor:io_uring", "floor:relay", "io_uring:1"]);
    }

    #[test]
    fn what_is_shortened_is_the_measuring_and_never_to_nothing() {
        let half = Times::FULL.shortened(0.5);
        assert_eq!((half.warm_ms, half.pace_ms, half.flat_ms), (60, 350, 200));
        assert_eq!((half.open_ms, half.stall_ms), (Times::FULL.open_ms, Times::FULL.stall_ms));
        assert_eq!(Times::QUICK.shortened(0.0).flat_ms, 1);
    }
}
