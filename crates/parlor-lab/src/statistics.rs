//! Medians with their spread, slopes, and the rules by which a run is not believed.

use crate::limits::{ACHIEVED_MIN, GENERATOR_BUSY_MAX, LATENESS_MAX_US};

/// One figure over the rounds.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Spread {
    pub(crate) median: f64,
    pub(crate) least: f64,
    pub(crate) greatest: f64,
}

/// The median of these values and how far apart they are; nothing when there are none.
pub(crate) fn spread(values: impl IntoIterator<Item = f64>) -> Option<Spread> {
    let mut values: Vec<f64> = values.into_iter().filter(|value| value.is_finite()).collect();
    values.sort_by(f64::total_cmp);
    let (&least, &greatest) = (values.first()?, values.last()?);
    let middle = values.len() / 2;
    let median = if values.len().is_multiple_of(2) {
        f64::midpoint(values[middle - 1], values[middle])
    } else {
        values[middle]
    };
    Some(Spread { median, least, greatest })
}

/// The slope of the straight line that lies nearest to these points, by least squares. One division
/// would charge whatever happened meanwhile to the last point.
pub(crate) fn slope(points: &[(f64, f64)]) -> Option<f64> {
    let count = points.len() as f64;
    let mean = |of: fn(&(f64, f64)) -> f64| points.iter().map(of).sum::<f64>() / count;
    let (x, y) = (mean(|point| point.0), mean(|point| point.1));
    let along: f64 = points.iter().map(|point| (point.0 - x).powi(2)).sum();
    let both: f64 = points.iter().map(|point| (point.0 - x) * (point.1 - y)).sum();
    (points.len() > 1 && along > 0.0).then(|| both / along)
}

/// Whether a run's figures can be believed.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Verdict {
    /// They can.
    Sound,
    /// The server answered less than was offered, so latencies say only how long it was measured.
    Saturated,
    /// The generator had no time left, so the server was not what was measured.
    GeneratorLimited,
}

/// How a generator did.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Generator {
    /// Share of its time in which it was not waiting.
    pub(crate) busy: f64,
    /// Nine of ten messages were sent no later than this after they were due, in microseconds.
    pub(crate) late_us: f64,
}

/// Judges an open loop by what was offered and answered a second, and by how the generator did.
pub(crate) fn judge(offered: f64, achieved: f64, generator: Generator) -> Verdict {
    if generator.busy > GENERATOR_BUSY_MAX || generator.late_us > LATENESS_MAX_US {
        Verdict::GeneratorLimited
    } else if achieved < offered * ACHIEVED_MIN {
        Verdict::Saturated
    } else {
        Verdict::Sound
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_spread_is_the_middle_and_the_ends() {
        assert_eq!(spread([]), None);
        assert_eq!(spread([f64::NAN]), None);
        let odd = spread([9.0, 1.0, 5.0]).unwrap();
        assert_eq!((odd.median, odd.least, odd.greatest), (5.0, 1.0, 9.0));
        assert_eq!(spread([4.0, 1.0, 2.0, 3.0]).unwrap().median, 2.5);
    }

    #[test]
    fn a_slope_ignores_where_the_line_begins() {
        let points = [(0.0, 500.0), (1_000.0, 2_500.0), (2_000.0, 4_500.0), (4_000.0, 8_500.0)];
        assert!((slope(&points).unwrap() - 2.0).abs() < 1e-9);
        assert_eq!(slope(&[(1.0, 1.0)]), None);
        assert_eq!(slope(&[(1.0, 1.0), (1.0, 2.0)]), None, "no distance along x");
    }

    #[test]
    fn a_busy_generator_comes_before_a_saturated_server() {
        let judged =
            |achieved, busy, late_us| judge(1_000.0, achieved, Generator { busy, late_us });
        assert_eq!(judged(999.0, 0.5, 3.0), Verdict::Sound);
        assert_eq!(judged(980.0, 0.90, 3.0), Verdict::Sound);
        assert_eq!(judged(979.0, 0.5, 3.0), Verdict::Saturated);
        // It may be the generator that has not kept up: the server is not accused.
        assert_eq!(judged(500.0, 0.95, 3.0), Verdict::GeneratorLimited);
        assert_eq!(judged(999.0, 0.2, 1_500.0), Verdict::GeneratorLimited);
    }
}
