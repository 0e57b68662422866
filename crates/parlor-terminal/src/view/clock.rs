//! Times as people read them, in the time zone of this computer.

use jiff::Timestamp;
use jiff::tz::TimeZone;

/// Shows times in one time zone.
#[derive(Clone, Debug)]
pub(crate) struct Clock {
    zone: TimeZone,
}

impl Clock {
    /// The time zone that the system is set to.
    pub(crate) fn local() -> Self {
        Self { zone: TimeZone::system() }
    }

    /// The same everywhere, for tests.
    #[cfg(test)]
    pub(crate) fn utc() -> Self {
        Self { zone: TimeZone::UTC }
    }

    /// Hour and minute of a time in milliseconds since 1970.
    pub(super) fn time(&self, at_ms: i64) -> String {
        self.shown(at_ms, "%H:%M")
    }

    /// The day of a time, in words.
    pub(super) fn day(&self, at_ms: i64) -> String {
        self.shown(at_ms, "%A, %-d %B %Y")
    }

    fn shown(&self, at_ms: i64, form: &str) -> String {
        let at = Timestamp::from_millisecond(at_ms).unwrap_or(Timestamp::UNIX_EPOCH);
        at.to_zoned(self.zone.clone()).strftime(form).to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_and_days_are_words() {
        let clock = Clock::utc();
        assert_eq!(clock.time(1_790_000_000_000), "14:13");
        assert_eq!(clock.day(1_790_000_000_000), "Monday, 21 September 2026");
        assert_eq!(clock.time(i64::MAX), "00:00");
    }
}
