//! A small site on a real server, and a client that sends bytes and reads responses.

use std::io::{ErrorKind, Read, Write};
use std::net::{Shutdown as Half, SocketAddr, TcpStream};
use std::thread::JoinHandle;
use std::time::Duration;

use bytes::Bytes;
use http::StatusCode;
use parlor_engine::{Address, Model, Server, Shutdown};
use parlor_http::{Guard, Problem, Response, Router, Site, Timeouts, service, ws};

/// Long enough for a slow machine, short enough for a hanging test.
const PATIENCE: Duration = Duration::from_secs(20);

/// A running server; stops when dropped.
pub(crate) struct Running {
    pub(crate) address: SocketAddr,
    shutdown: Shutdown,
    thread: Option<JoinHandle<()>>,
}

impl Running {
    pub(crate) fn start(model: Model, timeouts: Timeouts) -> Self {
        let mut server = Server::new(model);
        let any = Address::Tcp(SocketAddr::from(([127, 0, 0, 1], 0)));
        let bound = server.listen("http", &any, service(site(timeouts))).unwrap();
        let Address::Tcp(address) = bound else { panic!("a TCP listener has a TCP address") };
        let shutdown = Shutdown::new();
        let stop = shutdown.clone();
        let thread = std::thread::spawn(move || {
            let report = server.run(stop);
            assert_eq!(report.panicked, 0, "no handler may panic");
        });
        Self { address, shutdown, thread: Some(thread) }
    }

    pub(crate) fn usual() -> Self {
        Self::start(Model::default(), Timeouts::default())
    }

    pub(crate) fn connect(&self) -> Client {
        let stream = TcpStream::connect(self.address).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        Client { stream, read: Vec::new() }
    }

    pub(crate) fn stop(&self) {
        self.shutdown.trigger();
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.shutdown.trigger();
        if let Some(thread) = self.thread.take() {
            let ended = thread.join();
            assert!(ended.is_ok() || std::thread::panicking(), "the server ends in order");
        }
    }
}

/// A megabyte in a hundred pieces, of which so many can be had.
fn in_pieces(count: u8) -> Response {
    let mut sent = 0;
    Response::in_pieces("application/octet-stream", 1_000_000, move || {
        let piece = (sent < count).then(|| Bytes::from(vec![sent; 10_000]));
        sent += 1;
        async { piece }
    })
}

fn site(timeouts: Timeouts) -> Site<()> {
    let router = Router::new()
        .get("/hello", |(), _| async { Ok(Response::text(StatusCode::OK, "hello\n")) })
        .get("/big", |(), _| async { Ok(Response::text(StatusCode::OK, "x".repeat(3_000_000))) })
        .post("/echo", |(), mut request: parlor_http::Request| async move {
            let body = request.bytes(1000).await?;
            Ok(Response::with_body(StatusCode::OK, "application/octet-stream", body))
        })
        .post("/count", |(), mut request: parlor_http::Request| async move {
            let (mut pieces, mut total) = (0, 0);
            while let Some(piece) = request.piece(2_000_000).await? {
                pieces += 1;
                total += piece.len();
            }
            Ok(Response::text(StatusCode::OK, format!("{total} {}", pieces > 1)))
        })
        .get("/pieces", |(), _| async { Ok(in_pieces(100)) })
        .get("/broken", |(), _| async { Ok(in_pieces(50)) })
        .post("/ignore", |(), _| async { Ok(Response::text(StatusCode::OK, "ignored\n")) })
        .get("/ws", |(), request| async move {
            ws::accept(&request, &["test.v1"], |mut socket| async move {
                while let Ok(Some(ws::Message::Text(text))) = socket.next().await {
                    socket.send(ws::Frame::text(&text));
                }
                socket.finish(Duration::from_secs(1)).await;
            })
        });
    Site {
        state: (),
        router,
        guard: Guard::default(),
        timeouts,
        problem_page: |(), problem: &Problem| {
            Response::html(problem.status, format!("<p>{}</p>", problem.text))
        },
    }
}

/// One connection.
pub(crate) struct Client {
    pub(crate) stream: TcpStream,
    read: Vec<u8>,
}

/// A response in pieces.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    head: String,
    pub(crate) body: Vec<u8>,
}

impl Answer {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.head.lines().find_map(|line| {
            let (key, value) = line.split_once(": ")?;
            key.eq_ignore_ascii_case(name).then_some(value)
        })
    }

    pub(crate) fn text(&self) -> &str {
        std::str::from_utf8(&self.body).unwrap()
    }
}

impl Client {
    pub(crate) fn send(&mut self, bytes: impl AsRef<[u8]>) {
        self.stream.write_all(bytes.as_ref()).unwrap();
    }

    /// Sends a request with the usual headers.
    pub(crate) fn ask(&mut self, request_line: &str, headers: &str, body: &str) {
        let length = if body.is_empty() {
            String::new()
        } else {
            format!("Content-Length: {}\r\n", body.len())
        };
        self.send(format!(
            "{request_line} HTTP/1.1\r\nHost: localhost\r\n{headers}{length}\r\n{body}"
        ));
    }

    pub(crate) fn get(&mut self, path: &str) -> Answer {
        self.ask(&format!("GET {path}"), "", "");
        self.answer()
    }

    /// Reads one response.
    pub(crate) fn answer(&mut self) -> Answer {
        self.answer_to("GET")
    }

    pub(crate) fn answer_to(&mut self, method: &str) -> Answer {
        let end = loop {
            if let Some(at) = self.read.windows(4).position(|four| four == b"\r\n\r\n") {
                break at + 4;
            }
            assert!(self.fill(), "the connection ended inside a head: {:?}", self.read);
        };
        let head = String::from_utf8(self.read.drain(..end).collect()).unwrap();
        let status = head.split(' ').nth(1).unwrap().parse().unwrap();
        let mut answer = Answer { status, head, body: Vec::new() };
        let length = answer.header("content-length").map_or(0, |text| text.parse().unwrap());
        if method != "HEAD" && status != 101 {
            while self.read.len() < length {
                assert!(self.fill(), "the connection ended inside a body");
            }
            answer.body = self.read.drain(..length).collect();
        }
        answer
    }

    /// Everything until the server closes.
    pub(crate) fn rest(&mut self) -> Vec<u8> {
        while self.fill() {}
        std::mem::take(&mut self.read)
    }

    pub(crate) fn exactly(&mut self, length: usize) -> Vec<u8> {
        while self.read.len() < length {
            assert!(self.fill(), "the connection ended early");
        }
        self.read.drain(..length).collect()
    }

    /// Nothing comes for so long, and the connection stays open.
    pub(crate) fn expect_silence(&mut self, length: Duration) {
        self.stream.set_read_timeout(Some(length)).unwrap();
        let kind = loop {
            let kind = self.stream.read(&mut [0]).expect_err("nothing should come").kind();
            if kind != ErrorKind::Interrupted {
                break kind;
            }
        };
        assert!(matches!(kind, ErrorKind::WouldBlock | ErrorKind::TimedOut), "{kind}");
        self.stream.set_read_timeout(Some(PATIENCE)).unwrap();
    }

    pub(crate) fn end(&self) {
        self.stream.shutdown(Half::Write).unwrap();
    }

    fn fill(&mut self) -> bool {
        let mut buffer = [0; 16 * 1024];
        let count = loop {
            match self.stream.read(&mut buffer) {
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                read => break read.unwrap(),
            }
        };
        self.read.extend_from_slice(&buffer[..count]);
        count > 0
    }
}
