//! When a device was last there: for protocols whose clients cannot say themselves what they have.

use parlor_hub::{Attached, Error, Failure};
use parlor_topics::{Abort, params};

use super::Chat;
use crate::{
    limits::{DEVICE_BYTES_MAX, DEVICES_PER_ACCOUNT},
    refusal::Refusal,
};

impl Chat {
    /// Returns when this device of an account was last there.
    pub async fn device_seen(&self, who: &Attached, device: &str) -> Result<Option<u64>, Error> {
        let (person, name) = (who.person, short(device));
        let seen = self.store.read(move |snapshot| {
            let sql = "SELECT seen_ms FROM chat_device WHERE person = ?1 AND name = ?2";
            snapshot.query_one(sql, params![person.0, name], |row| row.get(0))
        });
        Ok(seen.await?)
    }

    /// Notes that this device of an account has everything up to a time. Guests have no devices.
    pub async fn note_device(
        &self,
        who: &Attached,
        device: &str,
        seen_ms: u64,
    ) -> Result<(), Failure<Refusal>> {
        if who.account.is_none() {
            return Ok(());
        }
        let (person, name) = (who.person.0, short(device));
        let noted = self.store.write::<_, Refusal>(move |tx| {
            let sql = "INSERT INTO chat_device (person, name, seen_ms) VALUES (?1, ?2, ?3) \
                       ON CONFLICT (person, name) DO UPDATE SET seen_ms = excluded.seen_ms";
            tx.execute(sql, params![person, &name, seen_ms])?;
            let sql = "DELETE FROM chat_device WHERE person = ?1 AND name NOT IN \
                       (SELECT name FROM chat_device WHERE person = ?1 \
                        ORDER BY seen_ms DESC, name LIMIT ?2)";
            tx.execute(sql, params![person, DEVICES_PER_ACCOUNT])?;
            Ok::<_, Abort<Refusal>>(())
        });
        Ok(noted.await.map(drop)?)
    }
}

fn short(device: &str) -> String {
    device[..device.floor_char_boundary(DEVICE_BYTES_MAX)].to_owned()
}
