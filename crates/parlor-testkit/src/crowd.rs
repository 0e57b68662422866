//! Thousands of accounts that are members of one room, put straight into the tables: made one by one
//! they would take as many passwords and commits.

use parlor_topics::{Error, Retention, Store, TopicId, Tx, params};

/// Makes accounts with the names `member0`, `member1`, …, that nobody can sign in to, each on its list
/// of rooms with this one and here lately. They are there once the server settles those who stay.
///
/// # Panics
///
/// When they can't be made, as where there are accounts of these names.
pub async fn join(store: &Store, room: TopicId, people: usize) {
    let made = store.write::<_, ()>(move |tx| {
        for n in 0..people {
            let person = account(tx, &format!("member{n}"))?;
            let sql = "INSERT INTO chat_member (person, topic, joined_ms) VALUES (?1, ?2, 0)";
            tx.execute(sql, params![person, room])?;
            let sql = "INSERT INTO hub_role (topic, person, role) VALUES (?1, ?2, 1)";
            tx.execute(sql, params![room, person])?;
        }
        Ok(())
    });
    made.await.expect("they are made");
}

fn account(tx: &mut Tx<'_>, name: &str) -> Result<u64, Error> {
    let inbox = tx.topic(&format!("inbox/{name}"), Retention::Forever)?;
    let now_ms = tx.now_ms();
    let sql = "INSERT INTO hub_account (name, folded, admin, password, inbox, created_ms, seen_ms) \
               VALUES (?1, ?1, 0, '', ?2, ?3, ?3)";
    tx.execute(sql, params![name, inbox, now_ms])?;
    Ok(tx.insert_id().cast_unsigned())
}
