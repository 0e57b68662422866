//! Pieces of SVG as text.

use std::fmt::Write;

/// Makes text safe between tags and in attributes.
pub(crate) fn escape(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            '\'' => safe.push_str("&#39;"),
            c => safe.push(c),
        }
    }
    safe
}

/// Where a text's point is.
#[derive(Clone, Copy, Debug)]
pub(super) enum Anchor {
    Start,
    Middle,
    End,
}

/// A drawing that grows.
#[derive(Debug, Default)]
pub(super) struct Canvas {
    pub(super) text: String,
}

impl Canvas {
    pub(super) fn line(&mut self, class: &str, from: (f64, f64), to: (f64, f64)) {
        writeln!(
            self.text,
            "<line class=\"{class}\" x1=\"{:.1}\" y1=\"{:.1}\" x2=\"{:.1}\" y2=\"{:.1}\"/>",
            from.0, from.1, to.0, to.1
        )
        .ok();
    }

    pub(super) fn rect(&mut self, class: &str, at: (f64, f64), size: (f64, f64)) {
        writeln!(
            self.text,
            "<rect class=\"{class}\" x=\"{:.1}\" y=\"{:.1}\" width=\"{:.1}\" height=\"{:.1}\"/>",
            at.0,
            at.1,
            size.0.max(0.0),
            size.1
        )
        .ok();
    }

    pub(super) fn polyline(&mut self, points: &[(f64, f64)]) {
        let points: Vec<String> = points.iter().map(|(x, y)| format!("{x:.1},{y:.1}")).collect();
        writeln!(self.text, "<polyline class=\"line\" points=\"{}\"/>", points.join(" ")).ok();
    }

    pub(super) fn path(&mut self, class: &str, path: &str) {
        writeln!(self.text, "<path class=\"{class}\" d=\"{path}\"/>").ok();
    }

    pub(super) fn words(&mut self, class: &str, at: (f64, f64), anchor: Anchor, words: &str) {
        let anchor = match anchor {
            Anchor::Start => "start",
            Anchor::Middle => "middle",
            Anchor::End => "end",
        };
        writeln!(
            self.text,
            "<text class=\"{class}\" x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"{anchor}\">{}</text>",
            at.0,
            at.1,
            escape(words)
        )
        .ok();
    }

    pub(super) fn open(&mut self, class: &str) {
        writeln!(self.text, "<g class=\"{class}\">").ok();
    }

    pub(super) fn close(&mut self) {
        self.text.push_str("</g>\n");
    }
}

/// About how wide a text is in the charts' size: what layout needs, no font is asked.
pub(super) fn width_of(text: &str) -> f64 {
    text.chars().count() as f64 * 6.6
}
