//! Labeled responses: an answer carries the label of its question.
//!
//! Written after the fact, over the lines of the answer: no line becomes `ACK`, one line gets the
//! label, more become a batch. An answer that is a batch gets no other around it, and lines of a
//! batch inside keep their own.

use crate::outbox::Outbox;

/// Puts a label on an answer.
pub fn wrap(server: &str, label: &str, batch: Option<&str>, out: &mut Outbox) {
    let answer = out.take();
    let lines: Vec<&[u8]> = answer.split_inclusive(|byte| *byte == b'\n').collect();
    match lines.as_slice() {
        [] => out.line().tag("label", label).source(server).command("ACK").end(),
        [line] => tagged(out, "label", label, line),
        [first, others @ ..] if is_batch(&lines) => {
            tagged(out, "label", label, first);
            others.iter().for_each(|line| out.extend(line));
        }
        [first, others @ ..] => {
            let Some(batch) = batch else {
                tagged(out, "label", label, first);
                others.iter().for_each(|line| out.extend(line));
                return;
            };
            let opening = out.line().tag("label", label).source(server).command("BATCH");
            opening.word(&format!("+{batch}")).word("labeled-response").end();
            for line in lines.iter() {
                if line.starts_with(b"@batch=") {
                    out.extend(line);
                } else {
                    tagged(out, "batch", batch, line);
                }
            }
            out.line().source(server).command("BATCH").word(&format!("-{batch}")).end();
        }
    }
}

/// True when the lines are one batch and nothing beside it.
fn is_batch(lines: &[&[u8]]) -> bool {
    let [first, inner @ .., last] = lines else { return false };
    // The source, and before it perhaps tags.
    let before = if first.starts_with(b"@") { 2 } else { 1 };
    let mut words = first.split(|byte| *byte == b' ').skip(before);
    let (Some(b"BATCH"), Some([b'+', name @ ..])) = (words.next(), words.next()) else {
        return false;
    };
    let of_batch = |line: &&[u8]| {
        line.strip_prefix(b"@batch=")
            .and_then(|rest| rest.strip_prefix(name))
            .is_some_and(|rest| matches!(rest.first(), Some(b' ' | b';')))
    };
    let end = [b"BATCH -", name, b"\r\n"].concat();
    inner.iter().all(of_batch) && last.ends_with(&end)
}

fn tagged(out: &mut Outbox, key: &str, value: &str, line: &[u8]) {
    let mut first = format!("@{key}={}", crate::message::escape(value)).into_bytes();
    match line.strip_prefix(b"@") {
        Some(rest) => {
            first.push(b';');
            first.extend_from_slice(rest);
        }
        None => {
            first.push(b' ');
            first.extend_from_slice(line);
        }
    }
    out.extend(&first);
}
