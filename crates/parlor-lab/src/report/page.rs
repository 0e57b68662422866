//! The page: one file that needs no script, no font and no network.

use std::fmt::Write;

use crate::advice::{self, Advice};
use crate::chart::{Figure, Table, WIDTHS, escape};
use crate::kegel;
use crate::limits::{ACHIEVED_MIN, GENERATOR_BUSY_MAX, MESSAGE_BYTES};
use crate::plan::Plan;
use crate::record::{Metric, Row};
use crate::run::Results;
use crate::scenario::Scenario;

/// The page as HTML.
pub(super) fn render(plan: &Plan, results: &Results) -> String {
    let mut page = String::new();
    head(&mut page, plan, results);
    for scenario in &plan.scenarios {
        let rows = results.of(scenario.name);
        if !rows.is_empty() {
            section(&mut page, scenario, &rows);
        }
    }
    strategies(&mut page, results);
    method(&mut page, plan, results);
    page.push_str("</main>\n</body>\n</html>\n");
    page
}

fn head(page: &mut String, plan: &Plan, results: &Results) {
    let machine = &results.machine;
    writeln!(
        page,
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta name=\"color-scheme\" content=\"light dark\">\n\
         <title>I/O models, measured</title>\n<style>\n{}</style>\n</head>\n<body>\n<header>\n\
         <h1>Which model should I use, and what does it cost me?</h1>\n\
         <p class=\"lead\">One connection handler on every I/O model, measured side by side by \
         <code>parlor lab</code> {}.</p>\n<p class=\"machine\">{} · {} processors · {:.0} GiB · \
         Linux {} · loopback · {} · {:.0} min {:.0} s</p>\n</header>\n<main>",
        include_str!("style.css"),
        env!("CARGO_PKG_VERSION"),
        escape(&machine.processor),
        machine.processors,
        machine.memory_gib,
        escape(&machine.kernel),
        if plan.quick { "quick: one short round" } else { "several rounds, medians" },
        (results.seconds / 60.0).floor(),
        results.seconds % 60.0,
    )
    .ok();
    if plan.quick {
        page.push_str(
            "<p class=\"warning\">This was a quick run: one short round. Its figures show what the \
             lab does; they are too few to decide anything by.</p>\n",
        );
    }
    for remark in &results.remarks {
        writeln!(page, "<p class=\"warning\">{}</p>", escape(remark)).ok();
    }
    answer(page, results);
    page.push_str("<nav aria-label=\"Scenarios\">\n<ul>\n");
    for scenario in &plan.scenarios {
        writeln!(page, "<li><a href=\"#{}\">{}</a></li>", scenario.name, escape(scenario.title))
            .ok();
    }
    if kegel::table(&results.rows).is_some() {
        page.push_str("<li><a href=\"#strategies\">Kegel's list</a></li>\n");
    }
    page.push_str("<li><a href=\"#method\">How it was measured</a></li>\n</ul>\n</nav>\n");
}

/// The answer, in words computed from this run.
fn answer(page: &mut String, results: &Results) {
    let advice = advice::give(&results.rows);
    if advice.is_empty() {
        return;
    }
    page.push_str("<section class=\"answer\" aria-labelledby=\"answer\">\n<h2 id=\"answer\">By this run</h2>\n<dl>\n");
    for Advice { about, says } in advice {
        writeln!(page, "<dt>{}</dt>\n<dd>{}</dd>", escape(about), escape(&says)).ok();
    }
    page.push_str("</dl>\n</section>\n");
}

fn section(page: &mut String, scenario: &Scenario, rows: &[&Row]) {
    writeln!(
        page,
        "<section id=\"{name}\" aria-labelledby=\"{name}-title\">\n<h2 id=\"{name}-title\">{}</h2>\n\
         <p class=\"question\">{}</p>",
        escape(scenario.title),
        escape(scenario.question),
        name = scenario.name,
    )
    .ok();
    for drawn in (scenario.figures)(rows).iter().filter(|drawn| !drawn.is_empty()) {
        figure(page, drawn);
    }
    page.push_str("<details class=\"all\">\n<summary>All figures, and what went wrong</summary>\n");
    let mut at = 0;
    while at < rows.len() {
        let end = at + rows[at..].iter().take_while(|row| row.case == rows[at].case).count();
        case(page, scenario.columns, &rows[at..end]);
        at = end;
    }
    page.push_str("</details>\n</section>\n");
}

fn figure(page: &mut String, figure: &Figure) {
    writeln!(
        page,
        "<figure>\n<figcaption><h3>{}</h3><p>{}</p></figcaption>",
        escape(&figure.title),
        escape(&figure.says)
    )
    .ok();
    for width in WIDTHS {
        page.push_str(&figure.svg(width));
    }
    page.push_str("<details>\n<summary>The same as a table</summary>\n");
    table(page, &figure.title, &figure.table());
    page.push_str("</details>\n</figure>\n");
}

/// One case of a scenario with all its columns and notes.
fn case(page: &mut String, columns: &[&'static Metric], rows: &[&Row]) {
    let shown: Vec<&Metric> = columns
        .iter()
        .copied()
        .filter(|metric| rows.iter().any(|row| row.spread(metric).is_some()))
        .collect();
    let mut head = vec!["server".to_owned()];
    head.extend(shown.iter().map(|metric| metric.head()));
    head.push("notes".to_owned());
    let line = |row: &&Row| {
        let cells = shown.iter().map(|metric| match row.spread(metric) {
            None => "–".to_owned(),
            Some(spread) if spread.least == spread.greatest => metric.format(spread.median),
            Some(spread) => format!(
                "{} [{}..{}]",
                metric.format(spread.median),
                metric.format(spread.least),
                metric.format(spread.greatest)
            ),
        });
        let notes = std::iter::once(row.notes().join("; "));
        std::iter::once(row.subject.name()).chain(cells).chain(notes).collect()
    };
    let lines = rows.iter().map(line).collect();
    table(page, &rows[0].case.label, &Table { head, lines });
}

fn table(page: &mut String, caption: &str, table: &Table) {
    // It is scrolled sideways on a phone, and has to be reachable without a mouse for that.
    writeln!(
        page,
        "<div class=\"scroll\" tabindex=\"0\" role=\"group\" aria-label=\"{0}\">\n<table>\n\
         <caption>{0}</caption>\n<thead><tr>",
        escape(caption)
    )
    .ok();
    for head in &table.head {
        write!(page, "<th scope=\"col\">{}</th>", escape(head)).ok();
    }
    page.push_str("</tr></thead>\n<tbody>\n");
    for line in &table.lines {
        page.push_str("<tr>");
        for (at, cell) in line.iter().enumerate() {
            if at == 0 {
                write!(page, "<th scope=\"row\">{}</th>", escape(cell)).ok();
            } else {
                write!(page, "<td>{}</td>", escape(cell)).ok();
            }
        }
        page.push_str("</tr>\n");
    }
    page.push_str("</tbody>\n</table>\n</div>\n");
}

/// The strategies that gave the question its name, with what became of each.
fn strategies(page: &mut String, results: &Results) {
    let Some(list) = kegel::table(&results.rows) else { return };
    page.push_str(
        "<section id=\"strategies\" aria-labelledby=\"strategies-title\">\n\
         <h2 id=\"strategies-title\">Kegel's list</h2>\n\
         <p class=\"question\">In 1999 Dan Kegel listed the ways to serve ten thousand clients: how \
         many a thread has, and how it learns which of them wants something. Each model is one of \
         them; this is what this run has measured of it.</p>\n",
    );
    table(page, "Strategies of “The C10K problem”", &list);
    page.push_str("</section>\n");
}

/// How far the figures can be trusted, and what they rest on.
fn method(page: &mut String, plan: &Plan, results: &Results) {
    let machine = &results.machine;
    let pinned = match machine.pinned() {
        Some((server, load)) => format!(
            "The server runs on processor {server} only, the generators on processor {load}: these \
             are figures for one processor."
        ),
        None => {
            "There is one processor, so server and generators share it, and disturb each other."
                .to_owned()
        }
    };
    let latency = if plan.closed {
        "A closed loop was asked for: latency counts from the sending, and a client that waits \
         sends nothing. Stalls are seen by few messages."
    } else {
        "An open loop: the moment at which each message is due is fixed before the first one is \
         sent, and latency counts from then, also when the server was too slow to take it."
    };
    let points = [
        pinned,
        format!("Each model serves the same handler with the same messages ({MESSAGE_BYTES} bytes), \
            buffers, socket options and backlog. Every byte that comes back is compared with what \
            was sent."),
        latency.to_owned(),
        format!("A server that answers less than {:.0} % of what was offered is saturated, and no \
            percentiles of it are quoted. Where a generator was busy for more than {:.0} % of its \
            time, it was the limit, and the run is rejected.", ACHIEVED_MIN * 100.0, GENERATOR_BUSY_MAX * 100.0),
        format!("Subjects take turns within a round, {} round{} in all; figures are medians, with \
            the least and the greatest behind them.", plan.times.rounds, if plan.times.rounds == 1 { "" } else { "s" }),
        "Memory is what the connections have added: user space as PSS of the server's processes; \
         the kernel's objects and stacks for the whole machine, both ends of each connection, read \
         when they have come to rest and shared out among all sockets that were opened.".to_owned(),
        "The allocator is the C library's, with small pages. A figure of another machine does not compare: \
         look at ratios within a run.".to_owned(),
        format!("Load average of the machine when it began: {:.2}.", machine.load_before),
    ];
    page.push_str("<section id=\"method\" aria-labelledby=\"method-title\">\n<h2 id=\"method-title\">How it was measured</h2>\n<ul class=\"method\">\n");
    for point in points {
        writeln!(page, "<li>{}</li>", escape(&point)).ok();
    }
    page.push_str("</ul>\n<details>\n<summary>Limits and settings of the machine</summary>\n");
    let settings = machine.limits.iter().map(|(name, value)| (format!("limit: {name}"), value));
    let settings =
        settings.chain(machine.settings.iter().map(|(name, value)| (name.clone(), value)));
    let lines = settings.map(|(name, value)| vec![name, value.clone()]).collect();
    table(page, "Limits and settings", &Table { head: vec!["name".into(), "value".into()], lines });
    page.push_str("</details>\n</section>\n");
}
