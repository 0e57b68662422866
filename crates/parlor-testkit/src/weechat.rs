//! WeeChat without its screen: told what to do through a pipe, read through its log files.

use std::fs;
use std::io::Write as _;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::Command;

use tempfile::TempDir;

use crate::deadline::{Deadline, PATIENCE};
use crate::program::Process;
use crate::tool;

/// A running `weechat-headless`, connected to one server called `parlor`; ended when dropped.
#[derive(Debug)]
pub struct WeeChat {
    // Declared before the folder, so that the program ends before its files go.
    process: Process,
    folder: TempDir,
}

/// Who WeeChat is on the server.
#[derive(Debug, Clone, Copy)]
pub struct Identity<'a> {
    /// The nick.
    pub nick: &'a str,
    /// The password of the account of the same name; none for a guest.
    pub password: Option<&'a str>,
}

impl WeeChat {
    /// Starts it and lets it connect and join the room.
    ///
    /// # Panics
    ///
    /// When it isn't installed.
    #[track_caller]
    pub fn start(address: SocketAddr, who: Identity<'_>, room: &str) -> Self {
        Self::start_with(address, who, room, &[])
    }

    /// The same, with options of its connection: their names behind `irc.server.parlor.`, and values.
    ///
    /// # Panics
    ///
    /// When it isn't installed.
    #[track_caller]
    pub fn start_with(
        address: SocketAddr,
        who: Identity<'_>,
        room: &str,
        options: &[(&str, &str)],
    ) -> Self {
        let folder = tempfile::Builder::new().prefix("parlor-weechat-").tempdir();
        let folder = folder.expect("a temporary directory can be made");
        let path = |name: &str| folder.path().join(name).display().to_string();
        let Identity { nick, password } = who;
        let mut orders = vec![
            // Its own files only, flushed at once, so that a line is there when it was shown.
            format!("/set logger.file.path {}", path("logs")),
            "/set logger.file.flush_delay 0".to_owned(),
            "/set logger.file.mask $plugin.$name.log".to_owned(),
            "/set logger.file.auto_log on".to_owned(),
            format!("/set fifo.file.path {}", path("fifo")),
            "/fifo disable".to_owned(),
            "/fifo enable".to_owned(),
            "/set weechat.startup.display_logo off".to_owned(),
            format!("/server add parlor {}/{} -notls", address.ip(), address.port()),
            format!("/set irc.server.parlor.nicks {nick}"),
            format!("/set irc.server.parlor.username {nick}"),
            format!("/set irc.server.parlor.autojoin {room}"),
            "/set irc.server.parlor.autoreconnect_delay 1".to_owned(),
            "/set irc.network.autoreconnect_delay_growing 1".to_owned(),
        ];
        if let Some(password) = password {
            orders.push("/set irc.server.parlor.sasl_mechanism plain".to_owned());
            orders.push(format!("/set irc.server.parlor.sasl_username {nick}"));
            orders.push(format!("/set irc.server.parlor.sasl_password {password}"));
            // It goes on without having signed in when that takes longer.
            let patience = PATIENCE.as_secs();
            orders.push(format!("/set irc.server.parlor.sasl_timeout {patience}"));
        }
        for (name, value) in options {
            orders.push(format!("/set irc.server.parlor.{name} {value}"));
        }
        orders.push("/connect parlor".to_owned());
        let mut command = Command::new(tool::find("weechat-headless"));
        command.arg("--dir").arg(folder.path()).env("LC_ALL", "C.UTF-8").env("TERM", "dumb");
        for order in &orders {
            command.arg("--run-command").arg(order);
        }
        Self { process: Process::start(&mut command), folder }
    }

    /// Types a line or a command into the server's own buffer.
    #[track_caller]
    pub fn tell_server(&self, line: &str) {
        self.tell("irc.server.parlor", line);
    }

    /// Types a line or a command into the buffer of a room or of a person.
    #[track_caller]
    pub fn tell_room(&self, room: &str, line: &str) {
        self.tell(&format!("irc.parlor.{room}"), line);
    }

    #[track_caller]
    fn tell(&self, buffer: &str, line: &str) {
        let fifo = self.folder.path().join("fifo");
        Deadline::usual().wait("WeeChat's pipe", || fifo.exists().then_some(()));
        let opened = fs::OpenOptions::new().write(true).open(&fifo);
        let mut pipe = opened.expect("WeeChat reads its pipe");
        pipe.write_all(format!("{buffer} *{line}\n").as_bytes()).expect("WeeChat reads its pipe");
    }

    /// What the buffer of a room or a person has shown so far.
    pub fn log(&self, room: &str) -> String {
        self.read_log(&format!("irc.parlor.{}.log", room.to_lowercase()))
    }

    /// What the server's own buffer has shown so far.
    pub fn server_log(&self) -> String {
        self.read_log("irc.server.parlor.log")
    }

    fn read_log(&self, name: &str) -> String {
        let path = self.folder.path().join("logs").join(name);
        // No file yet means that nothing was shown yet.
        fs::read(path)
            .map_or_else(|_| String::new(), |bytes| String::from_utf8_lossy(&bytes).into_owned())
    }

    /// Waits until the buffer of a room or a person shows this text.
    #[track_caller]
    pub fn expect(&self, room: &str, text: &str) {
        let shown = || self.log(room).contains(text).then_some(());
        let found = Deadline::after(PATIENCE).poll(shown);
        assert!(
            found.is_some(),
            "WeeChat does not show {text:?} in {room}, but\n{}\nand of the server\n{}\nwith {:?}\n{}",
            self.log(room),
            self.server_log(),
            self.files(),
            self.process.output()
        );
    }

    fn files(&self) -> Vec<PathBuf> {
        let entries = fs::read_dir(self.folder.path().join("logs"));
        entries.into_iter().flatten().flatten().map(|entry| entry.path()).collect()
    }
}

#[cfg(test)]
mod tests {
    use std::io::{BufRead as _, BufReader};
    use std::net::TcpListener;
    use std::thread;

    use super::*;

    /// Just enough of a server for one client in one room.
    fn server() -> SocketAddr {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        thread::spawn(move || {
            let (mut stream, _) = listener.accept().unwrap();
            let lines = BufReader::new(stream.try_clone().unwrap()).lines();
            for line in lines.map_while(Result::ok) {
                let answer = match line.split(' ').next().unwrap() {
                    "USER" => ":s 001 wee :Welcome\r\n:s 422 wee :No message\r\n".to_owned(),
                    "JOIN" => ":wee!w@h JOIN #lobby\r\n:bob!b@h PRIVMSG #lobby :hi\r\n".to_owned(),
                    "PRIVMSG" => format!(":bob!b@h PRIVMSG #lobby :heard {line}\r\n"),
                    _ => continue,
                };
                stream.write_all(answer.as_bytes()).unwrap();
            }
        });
        address
    }

    #[test]
    fn weechat_is_told_and_read() {
        let who = Identity { nick: "wee", password: None };
        let weechat = WeeChat::start(server(), who, "#lobby");
        weechat.expect("#lobby", "hi");
        weechat.tell_room("#lobby", "grüße");
        weechat.expect("#lobby", "heard PRIVMSG #lobby :grüße");
        assert!(weechat.server_log().contains("Welcome"));
    }
}
