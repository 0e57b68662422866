//! Times as the protocol writes them, without a calendar crate.

/// `2026-11-22T10:04:05.678Z`, as server-time wants it.
pub fn iso(at_ms: u64) -> String {
    let (year, month, day, hour, minute, second) = parts(at_ms / 1000);
    let ms = at_ms % 1000;
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{ms:03}Z")
}

/// Reads a time as [`iso`] writes it, also without or with more digits of the second. A time before
/// 1970, which some programs use for the beginning of all, is 1970.
pub fn from_iso(text: &str) -> Option<u64> {
    let (date, time) = text.strip_suffix('Z')?.split_once('T')?;
    let [year, month, day] = numbers(date, '-', [4, 2, 2])?;
    let (whole, fraction) = time.split_once('.').unwrap_or((time, "0"));
    let [hour, minute, second] = numbers(whole, ':', [2, 2, 2])?;
    // A leap second is the next one.
    let of_day = hour < 24 && minute < 60 && second <= 60;
    let in_year = (1..=12).contains(&month) && (1..=days_of(year, month)).contains(&day);
    let digits = fraction.bytes().all(|byte| byte.is_ascii_digit());
    if !of_day || !in_year || !digits || fraction.is_empty() || fraction.len() > 9 {
        return None;
    }
    if year < 1970 {
        return Some(0);
    }
    let ms: u64 = format!("{fraction:0<3}")[..3].parse().ok()?;
    let seconds = (days_before(year, month, day) * 24 + hour) * 3600 + minute * 60 + second;
    Some(seconds * 1000 + ms)
}

/// Three numbers of these lengths with a sign between them.
fn numbers(text: &str, between: char, lengths: [usize; 3]) -> Option<[u64; 3]> {
    let mut found = [0; 3];
    let mut parts = text.split(between);
    for (slot, length) in found.iter_mut().zip(lengths) {
        let part = parts.next().filter(|part| part.len() == length)?;
        *slot = part.bytes().all(|byte| byte.is_ascii_digit()).then(|| part.parse().ok())??;
    }
    parts.next().is_none().then_some(found)
}

fn days_of(year: u64, month: u64) -> u64 {
    match month {
        2 if year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400)) => {
            29
        }
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// Days from 1970-01-01 to a date not before it: the opposite of [`civil`].
fn days_before(year: u64, month: u64, day: u64) -> u64 {
    let year = if month <= 2 { year - 1 } else { year };
    let (era, of_era) = (year / 400, year % 400);
    let of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468
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
