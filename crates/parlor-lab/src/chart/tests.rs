//! Whole charts: well-formed, complete, and safe whatever a subject is called.

use super::*;
use crate::record::{CPU, P50};

fn lines(names: &[&str]) -> Figure {
    let series = names.iter().enumerate().map(|(at, name)| Series {
        name: (*name).to_owned(),
        family: (*name).to_owned(),
        points: (0..3)
            .map(|n| Point { x: 10_f64.powi(n), y: 5.0 + at as f64, least: 4.0, greatest: 9.0 })
            .collect(),
    });
    let ticks = (0..3).map(|n| (10_f64.powi(n), format!("{}", 10_i32.pow(n as u32)))).collect();
    let lines = Lines {
        x: Axis { title: "connections".to_owned(), kind: Kind::Log, ticks },
        metric: &P50,
        y_kind: None,
        scale_with: Vec::new(),
        series: series.collect(),
        markers: true,
    };
    Figure::new("Latency", "Lower is better.", Drawing::Lines(lines))
}

fn bar(name: &str, parts: &[f64], note: Option<&str>) -> Bar {
    Bar {
        name: name.to_owned(),
        family: name.to_owned(),
        parts: parts.to_vec(),
        range: None,
        note: note.map(str::to_owned),
    }
}

/// Every tag that is opened is closed, in order.
fn assert_well_formed(svg: &str) {
    let mut open: Vec<&str> = Vec::new();
    for piece in svg.split('<').skip(1) {
        let (tag, rest) = piece.split_once('>').expect("a tag ends");
        assert!(!rest.contains('>'), "a stray bracket after <{tag}>");
        let name = tag.split([' ', '/']).find(|word| !word.is_empty()).unwrap();
        if tag.starts_with('/') {
            assert_eq!(open.pop(), Some(name), "in {svg}");
        } else if !tag.ends_with('/') {
            open.push(name);
        }
    }
    assert!(open.is_empty(), "{open:?} stay open");
    for bad in ["NaN", "inf"] {
        assert!(!svg.contains(bad), "{bad} in {svg}");
    }
}

#[test]
fn a_chart_names_every_series_in_both_widths() {
    let figure = lines(&["epoll", "tokio", "floor:epoll", "python"]);
    for width in WIDTHS {
        let svg = figure.svg(width);
        assert_well_formed(&svg);
        for name in ["epoll", "tokio", "floor:epoll", "python"] {
            assert!(svg.contains(&format!(">{name}</text>")), "{name}");
        }
    }
    let table = figure.table();
    assert_eq!(table.head[1..], ["1", "10", "100"]);
    assert_eq!(table.lines[0], ["epoll", "5 [4..9]", "5 [4..9]", "5 [4..9]"]);
}

#[test]
fn a_bar_is_its_parts_and_a_note_stands_where_there_is_no_number() {
    let bars = Bars {
        bars: vec![
            bar("epoll", &[0.5, 4.25], None),
            bar("pool", &[], Some("5 of 10,000 served; each of its threads serves one connection")),
        ],
        metric: &CPU,
        parts: vec!["user", "kernel"],
        reference: Some((3.0, "budget".to_owned())),
    };
    let figure = Figure::new("Memory", "", Drawing::Bars(bars));
    for width in WIDTHS {
        let svg = figure.svg(width);
        assert_well_formed(&svg);
        assert!(svg.contains(">4.75</text>") && svg.contains("5 of 10,000"), "{svg}");
    }
    let table = figure.table();
    assert_eq!(table.lines[0], ["epoll", "0.50", "4.25", "4.75"]);
    assert!(table.lines[1][3].contains("each of its threads"));
}

#[test]
fn a_name_cannot_break_out_of_the_drawing() {
    let figure = lines(&["<script>alert(1)</script>", "a\"b"]);
    let svg = figure.svg(Width::Wide);
    assert_well_formed(&svg);
    assert!(!svg.contains("<script"));
}

#[test]
fn charts_without_figures_are_empty_and_can_be_drawn_all_the_same() {
    let figure = lines(&[]);
    assert!(figure.is_empty());
    assert_well_formed(&figure.svg(Width::Narrow));
}
