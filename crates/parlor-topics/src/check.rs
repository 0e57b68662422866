//! The check of a whole store: is what lies on the disk what was once written?

use crate::{Error, Snapshot, TopicId};

/// Findings a check lists; more would not help anybody.
const FINDINGS_MAX: usize = 100;

/// Looks at every page of the database and every event, and says what is wrong, in words.
pub(crate) fn check(snapshot: &Snapshot<'_>) -> Result<Vec<String>, Error> {
    let mut findings = Vec::new();
    let pages = snapshot.connection.prepare("PRAGMA integrity_check").and_then(|mut pages| {
        pages.query_map([], |row| row.get::<_, String>(0))?.collect::<Result<Vec<_>, _>>()
    });
    match pages {
        Ok(pages) => findings.extend(pages.into_iter().filter(|finding| finding != "ok")),
        Err(error) => findings.push(error.to_string()),
    }
    let topics = snapshot
        .query("SELECT id FROM topics_topic ORDER BY id", &[], |row| row.get::<TopicId>(0))?;
    for topic in topics {
        check_topic(snapshot, topic, &mut findings)?;
        if findings.len() >= FINDINGS_MAX {
            findings.truncate(FINDINGS_MAX);
            break;
        }
    }
    Ok(findings)
}

fn check_topic(
    snapshot: &Snapshot<'_>,
    topic: TopicId,
    findings: &mut Vec<String>,
) -> Result<(), Error> {
    let head = match snapshot.head(topic) {
        Err(Error::Damaged(why)) => {
            findings.push(why.to_string());
            return Ok(());
        }
        other => other?,
    };
    let mut next = head.first;
    while next <= head.offset {
        let mut last = (0, 0);
        let read = snapshot.each_event(topic, next, u64::MAX, |event, order| {
            if event.offset != next {
                return Err(Error::Corrupt { topic, offset: next });
            }
            let order = (order.commit, order.place);
            if order <= last {
                findings.push(format!("event {next} of topic {topic} stands before its time"));
            }
            last = order;
            next += 1;
            Ok(true)
        });
        match read {
            Err(Error::Corrupt { offset, .. }) => {
                findings.push(Error::Corrupt { topic, offset }.to_string());
                next = offset.max(next) + 1;
            }
            Err(other) => return Err(other),
            Ok(()) if next <= head.offset => {
                findings.push(format!("topic {topic} ends before event {next}"));
                break;
            }
            Ok(()) => {}
        }
    }
    if next > head.offset + 1 {
        findings.push(format!("topic {topic} has events after its last one, {}", head.offset));
    }
    Ok(())
}
