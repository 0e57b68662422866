//! One list of scenarios, run on every model, compared byte by byte.

use parlor_engine::Model;

use crate::child;
use crate::running::MODELS;
use crate::scenarios::{SCENARIOS, Scenario};

/// Runs a scenario wherever it can run and compares what its clients saw.
fn check(scenario: &Scenario) {
    let mut first: Option<(&str, Vec<u8>)> = None;
    for word in MODELS {
        // The model says what it cannot do, not the test.
        let able = word.parse::<Model>().unwrap().capabilities();
        let too_many = able.max_connections.is_some_and(|max| scenario.connections > max);
        if too_many || scenario.push && !able.push {
            println!("{} cannot host `{}`", word, scenario.name);
            continue;
        }
        let transcript = (scenario.run)(word);
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
    if child::model().is_none() {
        child::run("matrix::every_scenario_gives_the_same_bytes_on_every_model", "all");
        return;
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
            MODELS.iter().any(|row| row.split(':').next() == Some(*name)),
            "`{name}` is missing from the matrix"
        );
    }
}
