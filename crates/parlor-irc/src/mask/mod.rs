//! Masks with `*` and `?`, compared as CASEMAPPING=ascii says.

/// True when the mask fits the text. Takes time proportional to the product of their lengths.
pub fn fits(mask: &str, text: &str) -> bool {
    let (mask, text) = (mask.as_bytes(), text.as_bytes());
    let (mut m, mut t) = (0, 0);
    let mut star = None;
    while t < text.len() {
        match mask.get(m) {
            Some(b'*') => {
                star = Some((m, t));
                m += 1;
            }
            Some(b) if *b == b'?' || b.eq_ignore_ascii_case(&text[t]) => {
                m += 1;
                t += 1;
            }
            _ => match star {
                // Let the last star take one byte more, and try again behind it.
                Some((at, taken)) => {
                    star = Some((at, taken + 1));
                    m = at + 1;
                    t = taken + 1;
                }
                None => return false,
            },
        }
    }
    mask[m..].iter().all(|byte| *byte == b'*')
}

#[cfg(test)]
mod tests;
