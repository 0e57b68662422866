//! Latencies as a histogram with three digits, which can be added to others and sent as JSON.
//!
//! HdrHistogram keeps every value to a thousandth of itself, so that percentiles of several
//! generators and rounds are those of all answers together, never averages of percentiles.

use hdrhistogram::Histogram;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::limits::BEYOND_PERCENTILE_MIN;

/// Digits that are kept.
const DIGITS: u8 = 3;

/// The longest that is told apart; anything longer counts as this.
const LONGEST_NS: u64 = 120_000_000_000;

/// How long answers took, in nanoseconds.
#[derive(Clone, Debug)]
pub(crate) struct Latencies(Histogram<u64>);

impl Default for Latencies {
    fn default() -> Self {
        let histogram = Histogram::new_with_bounds(1, LONGEST_NS, DIGITS);
        Self(histogram.expect("the bounds and the digits are constants that fit"))
    }
}

impl Latencies {
    /// Counts one answer.
    pub(crate) fn record(&mut self, nanoseconds: u64) {
        self.0.saturating_record(nanoseconds.max(1));
    }

    /// Adds others.
    pub(crate) fn merge(&mut self, other: &Self) {
        self.0.add(&other.0).expect("both have the same bounds and digits");
    }

    /// How many there are.
    pub(crate) fn count(&self) -> u64 {
        self.0.len()
    }

    /// The value in microseconds below which this share of all lies, or nothing when there are too
    /// few beyond it to say.
    pub(crate) fn percentile_us(&self, percent: f64) -> Option<f64> {
        let beyond = self.count() as f64 * (1.0 - percent / 100.0);
        let enough = self.count() > 0 && (percent <= 50.0 || beyond > BEYOND_PERCENTILE_MIN - 1e-6);
        enough.then(|| self.0.value_at_quantile(percent / 100.0) as f64 / 1e3)
    }

    /// How many took at least so long.
    pub(crate) fn at_least(&self, nanoseconds: u64) -> u64 {
        self.0.count_between(nanoseconds, LONGEST_NS)
    }

    /// Each value that occurred with how often, in rising order.
    pub(crate) fn buckets(&self) -> Vec<(u64, u64)> {
        let recorded = self.0.iter_recorded();
        recorded.map(|step| (step.value_iterated_to(), step.count_at_value())).collect()
    }
}

impl Serialize for Latencies {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.buckets().serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Latencies {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let mut latencies = Self::default();
        for (value, count) in Vec::<(u64, u64)>::deserialize(deserializer)? {
            latencies.0.saturating_record_n(value, count);
        }
        Ok(latencies)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_journey_through_json_changes_nothing() {
        let mut before = Latencies::default();
        (1..10_000).for_each(|n| before.record(n * 977));
        let text = serde_json::to_string(&before).unwrap();
        let after: Latencies = serde_json::from_str(&text).unwrap();
        assert_eq!(before.buckets(), after.buckets());
        assert_eq!(before.percentile_us(99.0), after.percentile_us(99.0));
    }

    #[test]
    fn a_percentile_that_rests_on_nothing_is_not_given() {
        let mut latencies = Latencies::default();
        assert_eq!(latencies.percentile_us(50.0), None);
        (0..100).for_each(|_| latencies.record(1_000));
        assert!(latencies.percentile_us(50.0).is_some());
        assert!(latencies.percentile_us(90.0).is_some());
        assert_eq!(latencies.percentile_us(99.0), None, "one answer lies beyond it");
    }

    #[test]
    fn percentiles_of_two_are_those_of_all_answers() {
        let (mut one, mut two) = (Latencies::default(), Latencies::default());
        (0..900).for_each(|_| one.record(1_000_000));
        (0..100).for_each(|_| two.record(9_000_000));
        one.merge(&two);
        assert_eq!(one.count(), 1_000);
        assert!((one.percentile_us(50.0).unwrap() - 1_000.0).abs() < 2.0);
        assert!((one.percentile_us(95.0).unwrap() - 9_000.0).abs() < 10.0);
        assert_eq!(one.at_least(5_000_000), 100);
    }
}
