//! The examples: those of the lecture say what the lecture says, and each server serves on every
//! model that can host it.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::sync::Arc;

use parlor_engine::Model;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use tungstenite::Message;

use crate::running::{MODELS, PROCESSES, Running, echoed, patient};

/// An example, which Cargo has built beside the tests.
fn command(example: &str) -> Command {
    let this = std::env::current_exe().unwrap();
    let folder = this.ancestors().find(|folder| folder.join("examples").is_dir()).unwrap();
    let program: PathBuf = folder.join("examples").join(example);
    assert!(program.exists(), "{}: `cargo test` builds the examples too", program.display());
    Command::new(program)
}

fn output_of(example: &str) -> String {
    let output = command(example).output().unwrap();
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout).unwrap()
}

/// A server that is an example, killed when dropped.
struct Serving {
    child: Child,
    at: String,
    /// Kept open, because a worker of `prefork` has it too.
    _output: BufReader<ChildStdout>,
}

impl Serving {
    fn start(example: &str, model: &str, at: &str) -> Self {
        let mut command = command(example);
        let mut child = command.args([model, at]).stdout(Stdio::piped()).spawn().unwrap();
        let mut output = BufReader::new(child.stdout.take().unwrap());
        let mut line = String::new();
        output.read_line(&mut line).unwrap();
        let at = line.trim_end().strip_prefix("listening on ");
        let at = at.unwrap_or_else(|| panic!("{example} on {model} says {line:?}")).to_owned();
        Self { child, at, _output: output }
    }

    fn connect(&self) -> TcpStream {
        patient(TcpStream::connect(self.at.parse::<SocketAddr>().unwrap()).unwrap())
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        self.child.kill().ok();
        self.child.wait().ok();
    }
}

/// Starts an example on every model that has so many seats, and looks whether it serves.
fn check(example: &str, seats: usize, shared: bool, looks: impl Fn(&Serving)) {
    for word in MODELS.into_iter().chain(PROCESSES) {
        let able = word.parse::<Model>().unwrap().capabilities();
        let seated = able.max_connections.is_none_or(|most| seats <= most);
        if !seated || shared && !able.shared_state {
            println!("{word} cannot host `{example}`");
            continue;
        }
        println!("{example} on {word}");
        looks(&Serving::start(example, word, "127.0.0.1:0"));
    }
}

#[test]
fn echo() {
    check("echo", 1, false, |server| {
        let mut client = server.connect();
        assert_eq!(echoed(&mut client, b"hello"), b"hello");
        assert_eq!(echoed(&mut client, b"again"), b"again");
    });
}

#[test]
fn oneshot() {
    check("oneshot", 1, false, |server| {
        for _ in 0..2 {
            let mut client = server.connect();
            client.write_all(b"hello").unwrap();
            assert_eq!(all(client), b"hello");
        }
    });
}

#[test]
fn chat() {
    check("chat", 2, true, |server| {
        let (mut one, mut two) = (server.connect(), server.connect());
        for client in [&mut one, &mut two] {
            while echoed_line(client, "/who") != "2 here" {}
        }
        one.write_all(b"hello\n").unwrap();
        let mut said = String::new();
        BufReader::new(two).read_line(&mut said).unwrap();
        assert!(said.ends_with(": hello\n"), "{said}");
    });
    let refused = command("chat").args(["prefork:2", "127.0.0.1:0"]).output().unwrap();
    let said = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert!(!refused.status.success() && said.contains("in the memory of one"), "{said}");
}

#[test]
fn http() {
    check("http", 1, false, |server| {
        let mut client = server.connect();
        for path in ["/first", "/second"] {
            write!(client, "GET {path} HTTP/1.1\r\nhost: here\r\n\r\n").unwrap();
            let mut answer = BufReader::new(&client);
            let mut lines = std::iter::from_fn(|| {
                let mut line = String::new();
                answer.read_line(&mut line).unwrap();
                Some(line)
            });
            assert_eq!(lines.next().unwrap(), "HTTP/1.1 200 OK\r\n");
            let body = lines.skip_while(|line| line != "\r\n").nth(1).unwrap();
            assert_eq!(body, format!("{path} is here\n"));
        }
    });
}

#[test]
fn tls() {
    let mut roots = rustls::RootCertStore::empty();
    let certificate = include_bytes!("../../examples/certificate/localhost.pem");
    roots.add(CertificateDer::from_pem_slice(certificate).unwrap()).unwrap();
    let config = rustls::ClientConfig::builder().with_root_certificates(roots);
    let config = Arc::new(config.with_no_client_auth());
    check("tls", 1, false, |server| {
        let name = "localhost".try_into().unwrap();
        let session = rustls::ClientConnection::new(Arc::clone(&config), name).unwrap();
        let mut stream = rustls::StreamOwned::new(session, server.connect());
        let long = vec![b'x'; 100_000];
        for sent in [&b"hello"[..], &long] {
            let mut answer = vec![0; sent.len()];
            for (sent, answer) in sent.chunks(4096).zip(answer.chunks_mut(4096)) {
                stream.write_all(sent).unwrap();
                stream.read_exact(answer).unwrap();
            }
            assert!(answer == sent);
        }
    });
}

#[test]
fn websocket() {
    check("websocket", 1, false, |server| {
        let (mut socket, _) = tungstenite::client("ws://localhost/", server.connect()).unwrap();
        for size in [0, 5, 125, 126, 60_000] {
            let message = Message::text("x".repeat(size));
            socket.send(message.clone()).unwrap();
            assert_eq!(socket.read().unwrap(), message);
        }
        socket.send(Message::Ping("are you there".into())).unwrap();
        assert_eq!(socket.read().unwrap(), Message::Pong("are you there".into()));
        socket.close(None).unwrap();
        assert!(socket.read().unwrap().is_close());
    });
}

#[test]
fn unix() {
    let folder = tempfile::tempdir().unwrap();
    for word in MODELS.into_iter().chain(PROCESSES) {
        // Each finds the file of a server that was killed.
        let path = folder.path().join("shout");
        let server = Serving::start("unix", word, path.to_str().unwrap());
        assert_eq!(server.at, format!("unix:{}", path.display()));
        assert_eq!(echoed(Running::connect_unix(&path), b"hello"), b"HELLO", "{word}");
        assert!(Path::new(&path).exists());
    }
}

fn all(mut stream: impl Read) -> Vec<u8> {
    let mut bytes = Vec::new();
    stream.read_to_end(&mut bytes).unwrap();
    bytes
}

fn echoed_line(client: &mut TcpStream, line: &str) -> String {
    writeln!(client, "{line}").unwrap();
    let mut answer = Vec::new();
    while !answer.ends_with(b"\n") {
        let mut byte = [0];
        client.read_exact(&mut byte).unwrap();
        answer.extend(byte);
    }
    String::from_utf8(answer).unwrap().trim_end().to_owned()
}

#[test]
fn generators() {
    let expected = "\
        next Some(0)\nnext Some(1)\nnext None\n\
        sum 499999500000\n\
        odd 1\nodd 3\nodd 5\nodd 7\nodd 9\n\
        every second odd 1\nevery second odd 5\nevery second odd 9\n";
    assert_eq!(output_of("generators"), expected);
}

#[test]
fn is_divisor() {
    let expected = "\
        2: no\n5: yes\n11: yes\n\
        2: (no, 0) of 55, (yes, 1) of 12\n\
        5: (yes, 1) of 55, (no, 1) of 12\n\
        11: (yes, 2) of 55, (no, 1) of 12\n";
    assert_eq!(output_of("is_divisor"), expected);
}
