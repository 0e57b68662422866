//! Times as the protocol writes them, without a calendar crate.

/// `2026-11-22T10:04:05.678Z`, as server-time wants it.
pub fn iso(at_ms: u64) -> String {
    let (year, month, day, hour, minute, second) = parts(at_ms / 1000);
    let ms = at_ms % 1000;
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{ms:03}Z")
}

/// `2026-11-22 10:04:05 UTC`, for people.
pub fn readable(at_ms: u64) -> String {
    let (year, month, day, hour, minute, second) = parts(at_ms / 1000);
    format!("{year:04}-{month:02}-{day:02} {hour:02}:{minute:02}:{second:02} UTC")
}

fn parts(seconds: u64) -> (u64, u64, u64, u64, u64, u64) {
    let (year, month, day) = civil(seconds / 86_400);
    let of_day = seconds % 86_400;
    (year, month, day, of_day / 3600, of_day / 60 % 60, of_day % 60)
}

/// Days since 1970-01-01 as a date. Years begin in March here, so that the leap day is the last.
fn civil(days: u64) -> (u64, u64, u64) {
    let shifted = days + 719_468;
    let era = shifted / 146_097;
    let of_era = shifted % 146_097;
    let year_of_era = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted_month = (5 * of_year + 2) / 153;
    let day = of_year - (153 * shifted_month + 2) / 5 + 1;
    let month = if shifted_month < 10 { shifted_month + 3 } else { shifted_month - 9 };
    (year_of_era + era * 400 + u64::from(month <= 2), month, day)
}

#[cfg(test)]
mod tests;
