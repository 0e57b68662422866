//! One list of scenarios, run on every model, compared byte by byte.

use parlor_engine::Model;

use crate::child;
use crate::running::{MODELS, PROCESSES};
use crate::scenarios::{SCENARIOS, Scenario};

const ALL: &str = "matrix::every_scenario_gives_the_same_bytes_on_every_model";

/// Runs a scenario wherever it can run and compares what its clients saw.
fn check(scenario: &Scenario) {
    let mut first: Option<(&str, Vec<u8>)> = None;
    for word in MODELS.into_iter().chain(PROCESSES) {
        // The model says what it cannot do, not the test.
        let able = word.parse::<Model>().unwrap().capabilities();
        let too_many = able.max_connections.is_some_and(|max| scenario.connections > max);
        let unshared = scenario.shared && !able.shared_state;
        if too_many || unshared || scenario.push && !able.push {
            println!("{} cannot host `{}`", word, scenario.name);
            continue;
        }
        let transcript = if able.shared_state {
            (scenario.run)(word)
        } else {
            child::ask(ALL, &format!("{word} {}", scenario.name))
        };
        assert!(!transcript.is_empty(), "`{}` on {word} said nothing", scenario.name);
        match &first {
            None => first = Some((word, transcript)),
            Some((reference, expected)) => assert!(
                transcript == *expected,
                "`{}` differs:\n{reference}: {}\n{word}: {}",
                scenario.name,
                expected.escape_ascii(),
                transcript.escape_ascii(),
            ),
        }
    }
}

#[test]
fn every_scenario_gives_the_same_bytes_on_every_model() {
    // In a process of its own: a thousand connections at once take descriptors whose low numbers
    // the rows of `select` in the tests beside this one need.
    let Some(what) = child::model() else { return child::run(ALL, "all") };
    if let Some((word, name)) = what.split_once(' ') {
        let scenario = SCENARIOS.iter().find(|scenario| scenario.name == name).unwrap();
        return child::answer(&(scenario.run)(word));
    }
    for scenario in SCENARIOS {
        println!("{}", scenario.name);
        check(scenario);
    }
}

#[test]
fn every_model_is_a_row() {
    for name in Model::NAMES {
        assert!(
            MODELS.iter().chain(&PROCESSES).any(|row| row.split(':').next() == Some(*name)),
            "`{name}` is missing from the matrix"
        );
    }
}
