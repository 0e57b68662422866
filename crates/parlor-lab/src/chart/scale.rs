//! From values to places: linear, logarithmic, or one place after the other.

/// How values are laid out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Linear,
    Log,
    /// The given ticks at even distances; for axes that begin at nought and grow by tens.
    Ordinal,
}

/// Values beyond this ratio are drawn on a logarithmic axis.
const LOG_RATIO: f64 = 25.0;

/// A mapping from values to pixels.
#[derive(Clone, Debug)]
pub(super) struct Scale {
    kind: Kind,
    low: f64,
    high: f64,
    from: f64,
    to: f64,
    stops: Vec<f64>,
}

impl Scale {
    /// An axis for these values. A linear one begins at nought, since a bar that does not lies.
    pub(super) fn fit(values: &[f64], kind: Option<Kind>, pixels: (f64, f64)) -> Self {
        let positive = values.iter().copied().filter(|value| value.is_finite() && *value > 0.0);
        let high = positive.clone().fold(f64::NAN, f64::max);
        let low = positive.fold(f64::NAN, f64::min);
        let (low, high) = if high.is_nan() { (1.0, 1.0) } else { (low, high) };
        let kind = kind.unwrap_or(if high / low > LOG_RATIO { Kind::Log } else { Kind::Linear });
        let (low, high) = match kind {
            Kind::Log => (10_f64.powf(low.log10().floor()), high * 1.1),
            Kind::Linear | Kind::Ordinal => (0.0, high * 1.05),
        };
        Self { kind, low, high, from: pixels.0, to: pixels.1, stops: Vec::new() }
    }

    /// An axis from the first to the last of these stops.
    pub(super) fn stops(stops: &[f64], kind: Kind, pixels: (f64, f64)) -> Self {
        let low = stops.first().copied().unwrap_or(0.0);
        let high = stops.last().copied().unwrap_or(1.0);
        Self { kind, low, high, from: pixels.0, to: pixels.1, stops: stops.to_vec() }
    }

    /// Where a value is.
    pub(super) fn place(&self, value: f64) -> f64 {
        let share = match self.kind {
            Kind::Linear => ratio(value - self.low, self.high - self.low),
            Kind::Log => {
                let value = value.max(self.low);
                ratio((value / self.low).log10(), (self.high / self.low).log10())
            }
            Kind::Ordinal => {
                let at =
                    self.stops.iter().position(|stop| *stop >= value).unwrap_or(self.stops.len());
                ratio(at as f64, (self.stops.len().max(2) - 1) as f64)
            }
        };
        self.from + share.clamp(0.0, 1.0) * (self.to - self.from)
    }

    /// Round values along it.
    pub(super) fn ticks(&self, at_most: usize) -> Vec<f64> {
        match self.kind {
            Kind::Log => {
                let decades = (self.high / self.low).log10();
                let steps: &[f64] = if decades > 3.0 { &[1.0] } else { &[1.0, 2.0, 5.0] };
                let mut all = Vec::new();
                let mut decade = self.low;
                while decade <= self.high {
                    all.extend(
                        steps.iter().map(|step| step * decade).filter(|tick| *tick <= self.high),
                    );
                    decade *= 10.0;
                }
                let keep = all.len().div_ceil(at_most.max(1)).max(1);
                all.into_iter().step_by(keep).collect()
            }
            Kind::Linear | Kind::Ordinal => {
                let step = nice((self.high - self.low) / at_most.max(1) as f64);
                (0..=at_most)
                    .map(|at| self.low + step * at as f64)
                    .filter(|tick| *tick <= self.high)
                    .collect()
            }
        }
    }
}

fn ratio(part: f64, whole: f64) -> f64 {
    if whole > 0.0 { part / whole } else { 0.5 }
}

/// The next 1, 2 or 5 times a power of ten.
fn nice(step: f64) -> f64 {
    if step <= 0.0 || !step.is_finite() {
        return 1.0;
    }
    let decade = 10_f64.powf(step.log10().floor());
    let rest = step / decade;
    let round = [1.0, 2.0, 5.0].into_iter().find(|round| *round >= rest - 1e-9).unwrap_or(10.0);
    round * decade
}

/// A tick's number, short.
pub(super) fn tick_text(value: f64) -> String {
    let (value, suffix) = match value.abs() {
        big if big >= 1e6 => (value / 1e6, "M"),
        big if big >= 1e4 => (value / 1e3, "k"),
        _ => (value, ""),
    };
    let digits = if value == 0.0 || value.abs() >= 10.0 || value.fract() == 0.0 {
        0
    } else if value.abs() >= 1.0 {
        1
    } else {
        2
    };
    let text = format!("{value:.digits$}");
    let text =
        if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.') } else { &text };
    format!("{}{suffix}", crate::record::group(text))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wide_ranges_are_logarithmic_and_narrow_ones_begin_at_nought() {
        let narrow = Scale::fit(&[5.0, 9.0], None, (100.0, 0.0));
        assert_eq!(narrow.place(0.0), 100.0);
        let wide = Scale::fit(&[20.0, 90_000.0], None, (0.0, 100.0));
        assert_eq!(wide.place(10.0), 0.0);
        let (a, b, c) = (wide.place(100.0), wide.place(1_000.0), wide.place(10_000.0));
        assert!((b - a - (c - b)).abs() < 1e-9, "each tenfold is the same distance");
        assert!(wide.place(90_000.0) <= 100.0);
    }

    #[test]
    fn nothing_and_nonsense_do_not_break_an_axis() {
        for values in [&[][..], &[0.0], &[f64::NAN], &[f64::INFINITY, 3.0]] {
            let scale = Scale::fit(values, None, (0.0, 100.0));
            assert!(scale.place(1.0).is_finite(), "{values:?}");
            assert!(scale.ticks(5).len() <= 6, "{values:?}");
        }
        assert!(Scale::stops(&[7.0], Kind::Log, (0.0, 10.0)).place(7.0).is_finite());
    }

    #[test]
    fn ordinal_stops_stand_at_even_distances() {
        let scale = Scale::stops(&[0.0, 1_000.0, 10_000.0], Kind::Ordinal, (0.0, 100.0));
        assert_eq!([0.0, 1_000.0, 10_000.0].map(|x| scale.place(x)), [0.0, 50.0, 100.0]);
    }

    #[test]
    fn ticks_are_round_and_short() {
        assert_eq!(Scale::fit(&[93.0], None, (0.0, 1.0)).ticks(5), [0.0, 20.0, 40.0, 60.0, 80.0]);
        let texts: Vec<String> = [0.0, 0.25, 2.5, 1_000.0, 20_000.0, 3e6].map(tick_text).to_vec();
        assert_eq!(texts, ["0", "0.25", "2.5", "1,000", "20k", "3M"]);
    }
}
