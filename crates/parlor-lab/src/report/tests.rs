//! The folder and the page, without measuring anything.

use super::*;
use crate::latency::Latencies;
use crate::machine::Machine;
use crate::plan::Options;
use crate::record::{CPU, Case, FLAT_RATE, P50, SERVED, Sample};
use crate::scenario::ALL;

fn row(scenario: &'static str, subject: &str, amount: usize) -> Row {
    let mut sample = Sample::default();
    sample.add(&SERVED, amount as f64);
    sample.add(&P50, 43.0);
    sample.add(&CPU, 5.5);
    sample.add(&FLAT_RATE, 120_000.0);
    let mut latency = Latencies::default();
    (1..=5_000).for_each(|n| latency.record(n * 1_000));
    sample.latency = Some(latency);
    sample.curve = vec![(1.0, 1.0), (9.0, amount as f64)];
    let case = Case { label: format!("{amount} connections"), amount, variant: "" };
    let subject = subject.parse().unwrap();
    Row { scenario, case, subject, samples: vec![sample], failures: Vec::new() }
}

fn results(subjects: &[&str]) -> Results {
    let rows = ALL.iter().flat_map(|scenario| {
        [1, 1_000].into_iter().flat_map(move |amount| {
            subjects.iter().map(move |subject| row(scenario.name, subject, amount))
        })
    });
    let rows = rows.collect();
    Results { machine: Machine::look(), rows, remarks: vec!["a <remark>".into()], seconds: 61.0 }
}

fn folder(name: &str) -> PathBuf {
    let folder = std::env::temp_dir().join(format!("parlor-lab-{name}-{}", std::process::id()));
    fs::remove_dir_all(&folder).ok();
    folder
}

#[test]
fn a_report_is_complete_and_can_be_written_again() {
    let out = folder("report");
    let plan = Plan::new(Options { out: out.clone(), ..Options::default() }).unwrap();
    let results = results(&["floor:epoll", "epoll:1", "peer:<b>=x"]);
    check(&out).unwrap();
    for _ in 0..2 {
        let page = fs::read_to_string(write(&plan, &results).unwrap()).unwrap();
        for scenario in ALL {
            assert!(page.contains(&format!("id=\"{}\"", scenario.name)), "{}", scenario.name);
        }
        assert!(page.contains("href=\"#strategies\"") && page.contains("id=\"strategies\""));
        assert!(page.contains("a &lt;remark&gt;") && page.contains("&lt;b&gt;"));
        assert!(!page.contains("<b>") && !page.contains("<script"));
        for outside in ["src=", "http://", "https://", "@import", "url("] {
            assert!(!page.contains(outside), "the page must not need `{outside}`");
        }
        check(&out).unwrap();
    }
    let text = fs::read_to_string(out.join("results.json")).unwrap();
    let json: serde_json::Value = serde_json::from_str(&text).unwrap();
    assert_eq!(json["rows"].as_array().unwrap().len(), results.rows.len());
    assert_eq!(json["rows"][0]["figures"]["p50_us"]["median"], 43.0);
    let csv = fs::read_to_string(out.join("histograms/echo-1-epoll-1.csv")).unwrap();
    let total: u64 = csv
        .lines()
        .skip(1)
        .map(|line| line.split_once(',').unwrap().1.parse::<u64>().unwrap())
        .sum();
    assert_eq!(total, 5_000);
    fs::remove_dir_all(&out).unwrap();
}

#[test]
fn a_folder_with_other_files_is_left_alone() {
    let out = folder("foreign");
    fs::create_dir_all(&out).unwrap();
    check(&out).unwrap();
    fs::write(out.join("thesis.txt"), "two years of work").unwrap();
    assert!(check(&out).unwrap_err().to_string().contains("--out"));
    assert!(check(&out.join("thesis.txt")).unwrap_err().to_string().contains("not a folder"));
    fs::remove_dir_all(&out).unwrap();
}
