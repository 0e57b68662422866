//! Ten thousand accounts that stay in one room and are not connected: what a start, a newcomer and a
//! question cost then.

use std::path::Path;

use parlor_engine::{block_on, spawn_local};
use parlor_irc::limits;
use parlor_irc::wire::Framing;
use parlor_testkit::crowd;

use crate::client::Client;
use crate::house::House;
use crate::sockets::Socket;

const CROWD: usize = 10_000;

/// Asks something; the lines of the answer without the last one.
async fn ask(client: &mut Client, question: &str, end: &str) -> Vec<String> {
    client.send(question).await;
    let mut lines = Vec::new();
    loop {
        let line = client.line().await.expect("an answer");
        if line.contains(end) {
            return lines;
        }
        lines.push(line);
    }
}

fn bytes(lines: &[String]) -> usize {
    lines.iter().map(|line| line.len() + 2).sum()
}

/// A house in whose room the crowd is, and ann, who made it.
async fn crowded(dir: &Path) -> House {
    let house = House::open_in(dir, None, |_| {}).await;
    let (_, joined) = house.enter("ann", "#crowd").await;
    crowd::join(&house.irc.store, joined.room.topic, CROWD).await;
    house.close();
    let house = House::open_in(dir, None, |_| {}).await;
    house.irc.chat.settle().await.expect("the store answers");
    house
}

#[test]
fn a_crowd_that_is_not_connected_costs_a_newcomer_what_a_few_do() {
    block_on(async {
        let dir = tempfile::tempdir().expect("a directory");
        let house = crowded(dir.path()).await;
        assert_eq!(house.irc.link.online().await.residents, CROWD + 1);
        let mut guest = Client::guest(&house, "guest", "away-notify").await;
        let joined = ask(&mut guest, "JOIN #crowd", " 366 ").await;
        assert!(joined.len() < 10, "{joined:?}");
        assert!(bytes(&joined) < limits::QUIET_NAMES_BYTES_MAX + 300, "{joined:?}");
        // Asking shows everybody, and asking about everybody does not.
        let names = ask(&mut guest, "NAMES #crowd", " 366 ").await;
        let listed =
            |line: &String| line.rsplit_once(':').map_or(0, |(_, all)| all.split(' ').count());
        assert_eq!(names.iter().map(listed).sum::<usize>(), CROWD + 2);
        assert!(names.iter().all(|line| line.len() <= 510));
        assert_eq!(ask(&mut guest, "WHO #crowd", " 315 ").await.len(), CROWD + 2);
        assert_eq!(ask(&mut guest, "WHO *", " 315 ").await.len(), limits::WHO_REPLIES_MAX);
        // Their coming and going is told to nobody.
        for n in 0..100 {
            let (who, _) = house.enter(&format!("member{n}"), "#crowd").await;
            house.irc.link.detach(who.session, "gone");
        }
        assert_eq!(guest.settle().await, Vec::<String>::new());
        drop(guest);
        house.close();
    });
}

#[test]
fn who_asks_for_a_long_list_and_reads_it_slowly_holds_no_more_than_others() {
    block_on(async {
        let dir = tempfile::tempdir().expect("a directory");
        let house = crowded(dir.path()).await;
        let slow = Socket::narrow(16 * 1024);
        let (door, served) = (house.door.clone(), slow.clone());
        let framing = Framing::Text(|line| format!("{line}\n").into_bytes().into());
        spawn_local(async move { door.serve_socket(Box::new(served), framing).await });
        slow.send("NICK slow");
        slow.send("USER slow 0 * :slow");
        slow.until(" 221 ").await;
        for (question, end, entry, entries) in [
            ("WHO #crowd", " 315 slow #crowd ", " 352 slow #crowd ", CROWD + 1),
            ("NAMES #crowd", " 366 slow #crowd ", " 353 slow = #crowd ", CROWD / 60),
        ] {
            slow.send(question);
            let said = slow.until(end).await;
            assert!(said.matches(entry).count() >= entries, "{question}: not all of them");
        }
        let bound = limits::DELIVERY_QUEUE_BYTES_MAX + 2 * limits::PORTION_BYTES;
        assert!(slow.most_waiting() < bound, "{} bytes waited", slow.most_waiting());
        drop(slow);
        house.close();
    });
}
